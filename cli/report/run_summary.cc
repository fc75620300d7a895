// What programs and pull requests read of a run: the JSON of `-o json`, Markdown, JUnit.
#include "cli/output/units.h"
#include "cli/report/page.h"
#include "cli/report/run_figures.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cqrs {
namespace {

Json percentiles_ms_of(const Histogram& histogram) {
  const auto at = [&](double percent) {
    return static_cast<double>(histogram.percentile(percent)) / 1e3;
  };
  return {{"count", histogram.count()},
          {"mean", histogram.mean() / 1e3},
          {"p50", at(50)},
          {"p90", at(90)},
          {"p95", at(95)},
          {"p99", at(99)},
          {"p999", at(99.9)},
          {"max", at(100)}};
}

Json slos_json(const std::vector<SloResult>& results) {
  Json out = Json::array();
  for (const auto& result : results) {
    out.push_back({{"slo", result.slo.text},
                   {"ok", result.ok},
                   {"observed", result.observed ? Json(result.shown) : Json()},
                   {"unit", result.unit},
                   {"samples", result.samples}});
  }
  return out;
}

Json operations_json(const RunRecord& record) {
  Json out = Json::array();
  for (const auto& operation : record.operations) {
    out.push_back({{"op", operation.name},
                   {"sent", operation.sent},
                   {"acked", operation.acknowledged},
                   {"rejected", operation.rejected},
                   {"indeterminate", operation.indeterminate},
                   {"latency_ms", percentiles_ms_of(operation.latency)},
                   {"failures", operation.failures}});
  }
  return out;
}

std::string seconds(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string distribution_row(const NamedHistogram& named) {
  const Histogram& histogram = *named.histogram;
  std::string out = "| " + named.name;
  for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
    out += " | " + micros_text(histogram.percentile(percent));
  }
  return out + " | " + grouped(static_cast<std::int64_t>(histogram.count())) + " |\n";
}

std::string testcase(const std::string& suite, const std::string& name, bool ok,
                     const std::string& detail, double took) {
  std::string out = "    <testcase classname=\"" + suite + "\" name=\"" + escaped(name) +
                    "\" time=\"" + seconds(took) + "\"";
  return out + (ok ? "/>\n" : "><failure message=\"" + escaped(detail) + "\"/></testcase>\n");
}

}  // namespace

Json summary_json(const RunRecord& record) {
  Json out{{"verdict", record.verdict},
           {"title", record.title},
           {"headline", record.headline},
           {"model", record.model},
           {"seed", record.seed},
           {"intended", record.intended},
           {"sent", record.sent},
           {"acked", record.acknowledged},
           {"rejected", record.rejected},
           {"indeterminate", record.indeterminate},
           {"resolved", record.resolved},
           {"skipped", record.skipped},
           {"elapsed_s", record.elapsed_s},
           {"warmup_s", record.warmup_s},
           {"intended_per_s", record.intended_per_s},
           {"achieved_per_s", record.achieved_per_s},
           {"entities_per_s", entities_per_s(record)},
           {"visible_after_s", record.visible_after_s < 0 ? Json() : Json(record.visible_after_s)},
           {"lost", record.lost < 0 ? Json() : Json(record.lost)},
           {"latency_ms", percentiles_ms_of(record.latency)},
           {"query_latency_ms", percentiles_ms_of(record.query_latency)},
           {"service_time_ms", percentiles_ms_of(record.service_time)},
           {"schedule_lag_ms", percentiles_ms_of(record.schedule_lag)},
           {"staleness_ms", percentiles_ms_of(record.staleness)},
           {"achieved_ratio", record.achieved_ratio},
           {"cpu_us_per_cmd", client_cpu_us(record)},
           {"server_cpu_us_per_cmd", system_cpu_us(record)},
           {"rss_bytes", record.client_rss},
           {"server_rss_bytes", record.system_rss},
           {"slos", slos_json(record.slos)},
           {"operations", operations_json(record)},
           {"ledger", record.ledger}};
  Json hops = Json::object();
  for (const auto& [name, histogram] : record.hops) hops[name] = percentiles_ms_of(histogram);
  out["hops_ms"] = std::move(hops);
  return out;
}

std::string markdown_of(const RunRecord& record) {
  std::string out = "# " + record.title + ": " + record.verdict + "\n\n" + record.headline + "\n\n";
  if (const auto notice = model_notice(record); !notice.empty()) out += "> " + notice + "\n\n";
  out += "- rate: " + rate_line(record) + "\n- errors: " + errors_text(record) +
         "\n- lost: " + lost_text(record) + "\n- visible: " + visible_text(record) + "\n\n";
  if (!record.slos.empty() || !record.checks.empty()) {
    out += "| what must hold | result | observed |\n|---|---|---|\n";
  }
  for (const auto& result : record.slos) {
    out += "| `" + cell(result.slo.text) + "` | " + (result.ok ? "ok" : "**failed**") + " | " +
           observed_text(result) + " |\n";
  }
  for (const auto& check : record.checks) {
    out += "| " + cell(check.name) + " | " + (check.ok ? "ok" : "**failed**") + " | " +
           cell(check.detail) + " |\n";
  }
  out += "\n| | p50 | p90 | p99 | p99.9 | max | samples |\n|---|---|---|---|---|---|---|\n";
  for (const auto& named : distributions_of(record)) out += distribution_row(named);
  for (const auto& section : record.sections) {
    out += "\n## " + section.title + "\n";
    for (const auto& [name, value] : section.facts) out += "- " + name + ": " + value + "\n";
  }
  if (!record.caveats.empty()) out += "\n## Caveats\n";
  for (const auto& caveat : record.caveats) out += "- " + caveat + "\n";
  return out + "\n```\n" + record.command_line + "\n```\n";
}

std::string junit_of(const RunRecord& record) {
  std::string cases;
  for (const auto& check : record.checks) {
    cases += testcase("cqrsctl.check", check.name, check.ok, check.detail, check.seconds);
  }
  for (const auto& result : record.slos) {
    cases +=
        testcase("cqrsctl.slo", result.slo.text, result.ok, "observed " + observed_text(result), 0);
  }
  const auto failed = [](const auto& item) { return !item.ok; };
  const auto failures = std::count_if(record.checks.begin(), record.checks.end(), failed) +
                        std::count_if(record.slos.begin(), record.slos.end(), failed);
  const std::string counts =
      "tests=\"" + std::to_string(record.checks.size() + record.slos.size()) + "\" failures=\"" +
      std::to_string(failures) + "\" time=\"" + seconds(record.elapsed_s) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
         ">\n  <testsuite name=\"" + escaped(record.title) + "\" " + counts + ">\n" + cases +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace cqrs
