#include "cli/output/units.h"
#include "cli/report/page.h"
#include "cli/report/run_figures.h"
#include "cli/report/run_page.h"

#include <array>
#include <cstdio>

namespace cqrs {
namespace {

using Row = std::vector<std::string>;

std::string count(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

std::string tile(const std::string& name, const std::string& big, const std::string& small,
                 const std::string& style = "", bool broad = false) {
  return "<div class=\"tile" + std::string(broad ? " broad" : "") + "\"><h3>" + name +
         "</h3><p class=\"big" + (style.empty() ? "" : " " + style) + "\">" + big + "</p><p>" +
         small + "</p></div>";
}

std::string number_table(const Row& columns, const std::vector<Row>& rows) {
  std::string out = "<table class=\"numbers\"><tr>";
  for (const auto& column : columns) out += "<th>" + escaped(column) + "</th>";
  out += "</tr>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>";
  }
  return out + "</table>";
}

// A threshold may be broken behind its metric, and nowhere else.
std::string breakable(const std::string& threshold) {
  std::string out;
  for (const char c : threshold) {
    out += escaped(std::string_view(&c, 1));
    if (c == ':' || c == '}' || c == '{') out += "<wbr>";
  }
  return out;
}

std::string rate_tile(const RunRecord& record) {
  const std::string achieved = exact_rate_text(record.achieved_per_s);
  if (record.model == "closed") {
    return tile("Rate", achieved + " <small>achieved, closed model</small>",
                count(record.sent) + " sent", "", true);
  }
  return tile("Rate",
              achieved + " <small>achieved of " + exact_rate_text(record.intended_per_s) +
                  " intended</small>",
              share_text(record.achieved_ratio) + " of the schedule, " + count(record.sent) +
                  " sent" +
                  (record.skipped > 0 ? ", " + count(record.skipped) + " never sent" : ""),
              "", true);
}

std::string latency_tile(const std::string& name, const Histogram& histogram) {
  if (histogram.count() == 0) return {};
  return tile(
      name, micros_text(histogram.percentile(99)),
      "p50 " + micros_text(histogram.percentile(50)) + ", max " + micros_text(histogram.max()));
}

std::string seconds_at(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

std::string failures_text(const OperationRecord& operation) {
  std::string out;
  for (const auto& [what, times] : operation.failures) {
    out += (out.empty() ? "" : ", ") + count(times) + " x " + what;
  }
  return out;
}

std::string recovery_text(const FaultRecord& fault) {
  if (fault.recovered_after < 0) return "-";
  return seconds_text(fault.recovered_after) + " later lag was 0";
}

}  // namespace

std::string tiles_of(const RunRecord& record) {
  std::string out = "<div class=\"tiles\">" + rate_tile(record);
  out += latency_tile("Command latency p99", record.latency);
  out += latency_tile("Query latency p99", record.query_latency);
  out += latency_tile("Staleness p99", record.staleness);
  if (record.lost < 0) {
    out += tile("Lost", "?", "not looked");
  } else {
    out += tile("Lost", count(static_cast<std::uint64_t>(record.lost)),
                "of " + count(record.acknowledged) + " acknowledged",
                record.lost == 0 ? "pass" : "fail");
  }
  out +=
      tile("Errors", count(errors_of(record)),
           count(record.rejected) + " rejected, " + count(record.indeterminate) + " indeterminate");
  return out + "</div>\n";
}

std::string thresholds_section(const RunRecord& record) {
  if (record.slos.empty()) return {};
  std::string out =
      "<section><h2>Thresholds</h2><table class=\"checks\"><tr><th>threshold</th><th>result</th>"
      "<th>observed</th></tr>";
  for (const auto& result : record.slos) {
    out += "<tr><td><code>" + breakable(result.slo.text) + "</code></td><td class=\"mark " +
           (result.ok ? "pass\">&#10003; ok" : "fail\">&#10007; failed") + "</td><td>" +
           escaped(observed_text(result)) +
           (result.samples > 0 ? " <span class=\"soft\">of " + count(result.samples) + "</span>"
                               : "") +
           "</td></tr>";
  }
  return out + "</table></section>\n";
}

std::string operations_section(const RunRecord& record) {
  std::vector<Row> rows;
  std::vector<Row> failures;
  for (const auto& operation : record.operations) {
    if (operation.sent == 0) continue;
    Row row{operation.name, count(operation.sent), count(operation.acknowledged),
            count(operation.rejected), count(operation.indeterminate)};
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
      row.push_back(operation.latency.count() == 0
                        ? "-"
                        : micros_text(operation.latency.percentile(percent)));
    }
    rows.push_back(std::move(row));
    if (operation.failures.empty()) continue;
    failures.push_back(
        {operation.name, failures_text(operation),
         operation.failure.count() == 0 ? "-" : micros_text(operation.failure.percentile(50)),
         operation.failure.count() == 0 ? "-" : micros_text(operation.failure.max())});
  }
  if (rows.empty()) return {};
  std::string out = "<section><h2>Operations</h2>" +
                    number_table({"operation", "sent", "acknowledged", "rejected", "indeterminate",
                                  "p50", "p90", "p99", "p99.9", "max"},
                                 rows);
  if (!failures.empty()) {
    out += section_of({"What failed", {}, {"operation", "told", "after p50", "max"}, failures});
    // A table of this section, not one of its own.
    out.replace(out.find("<section><h2>What failed</h2>"), 29, "<h2>What failed</h2>");
    return out;
  }
  return out + "</section>\n";
}

std::string faults_section(const RunRecord& record) {
  if (record.faults.empty()) return {};
  std::string out =
      "<section><h2>Faults</h2><table><tr><th></th><th>at</th><th>what</th><th>over at</th>"
      "<th>recovered</th></tr>";
  for (std::size_t i = 0; i < record.faults.size(); ++i) {
    const auto& fault = record.faults[i];
    out +=
        "<tr><td><span class=\"badge\">" + std::to_string(i + 1) +
        "</span></td><td class=\"tight\">" + seconds_at(fault.at) + "</td><td>" +
        escaped(fault.what) +
        (fault.note.empty() ? "" : "<br><span class=\"soft\">" + escaped(fault.note) + "</span>") +
        "</td><td class=\"tight\">" + (fault.until > fault.at ? seconds_at(fault.until) : "-") +
        "</td><td>" + recovery_text(fault) + "</td></tr>";
  }
  return out + "</table></section>\n";
}

std::string mismatches_section(const RunRecord& record) {
  if (!record.mismatches.is_array() || record.mismatches.empty()) return {};
  constexpr std::size_t kShown = 100;
  constexpr std::array<const char*, 10> kMembers{
      "kind",           "aggregate", "id",     "store",
      "field",          "expected",  "actual", "expected_version",
      "actual_version", "position"};
  ReportSection section{"Differences", {}, {}, {}};
  for (const char* member : kMembers) section.columns.emplace_back(member);
  for (const auto& item : record.mismatches) {
    if (section.rows.size() == kShown) break;
    Row row;
    for (const char* member : kMembers) {
      const auto value = item.is_object() ? item.find(member) : item.end();
      row.push_back(value == item.end() || value->is_null() ? ""
                    : value->is_string()                    ? value->get<std::string>()
                                                            : value->dump());
    }
    section.rows.push_back(std::move(row));
  }
  if (record.mismatches.size() > kShown) {
    section.facts.emplace_back("shown", "the first " + std::to_string(kShown) + " of " +
                                            count(record.mismatches.size()) +
                                            "; all are in mismatches.jsonl");
  }
  return section_of(section);
}

std::string repeat_section(const RunRecord& record) {
  std::string out = "<section><h2>To run it again</h2><pre>" + escaped(record.command_line) +
                    "</pre><p class=\"soft\">seed " + std::to_string(record.seed) + "</p>";
  if (record.scenario.is_object() && !record.scenario.empty()) {
    out += "<details><summary>Scenario as it was run</summary><pre>" +
           escaped(record.scenario.dump(2, ' ', false, Json::error_handler_t::replace)) +
           "</pre></details>";
  }
  return out + "</section>\n";
}

}  // namespace cqrs
