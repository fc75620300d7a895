#include "cli/commands/verify.h"
#include "cli/output/units.h"

namespace cqrs {
namespace {

Json json_of(const Finding& finding, std::int64_t now_micros) {
  // A hole in the positions tells that an event is lost, and not whose.
  const bool known = !finding.entity.id.is_nil();
  Json out{{"kind", difference_name(finding.kind)},
           {"aggregate", known ? Json(kind_name(finding.entity.kind)) : Json()},
           {"id", known ? Json(to_string(finding.entity.id)) : Json()},
           {"store", finding.store},
           {"field", finding.field},
           {"expected", finding.expected},
           {"actual", finding.actual},
           {"expected_version", finding.expected_version},
           {"actual_version", finding.actual_version},
           {"position", finding.position}};
  out["age_s"] = finding.recorded_at.micros == 0
                     ? Json()
                     : Json(static_cast<double>(now_micros - finding.recorded_at.micros) / 1e6);
  return out;
}

std::string sentence(const Finding& finding) {
  const std::string entity =
      finding.entity.id.is_nil()
          ? "an entity that nothing else tells of"
          : std::string(kind_name(finding.entity.kind)) + " " + to_string(finding.entity.id);
  std::string text =
      std::string(difference_name(finding.kind)) + "  " + entity + "  in the " + finding.store;
  if (!finding.field.empty()) text += "  " + finding.field;
  if (!finding.expected.empty()) text += "  expected " + finding.expected + ",";
  return text + " found " + (finding.actual.empty() ? "nothing" : finding.actual);
}

std::string differences_text(const Findings& findings) {
  std::string text;
  for (const Difference kind : kAllDifferences) {
    if (findings.count(kind) == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(findings.count(kind)) + " " + std::string(difference_name(kind));
  }
  return text.empty() ? "none" : text;
}

// What an edge has to say beside its count: copies that are none too many, and what was left out.
std::string remarks(const EdgeReport& edge) {
  std::string text;
  const std::int64_t copies = edge.duplicates.value_or(0);
  if (copies > 0) {
    text = grouped(copies) + (copies == 1 ? " duplicate" : " duplicates") + " absorbed";
  }
  if (!edge.note.empty()) text += (text.empty() ? "" : ", ") + edge.note;
  return text;
}

// Nothing compared is not the same as nothing different.
std::string outcome_of(const EdgeReport& edge) {
  std::string text =
      grouped(edge.differences) + (edge.differences == 1 ? " DIFFERENCE" : " DIFFERENCES");
  if (edge.differences == 0) text = edge.compared == 0 && !edge.note.empty() ? "unknown" : "equal";
  const std::string beside = remarks(edge);
  return beside.empty() ? text : text + "  " + beside;
}

Json json_of(const EdgeReport& edge) {
  Json out{{"edge", edge.name},
           {"compared", edge.compared},
           {"rows_fetched", edge.rows_fetched},
           {"differences", edge.differences}};
  if (edge.duplicates) out["duplicates"] = *edge.duplicates;
  if (!edge.note.empty()) out["note"] = edge.note;
  return out;
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

}  // namespace

Json json_of(const VerifyOutcome& outcome) {
  const VerifyReport& report = outcome.report;
  const auto now = SystemClock().now().micros;
  Json differences = Json::object();
  for (const Difference kind : kAllDifferences) {
    differences[std::string(difference_name(kind))] = report.findings.count(kind);
  }
  Json mismatches = Json::array();
  for (const auto& finding : report.findings.first) mismatches.push_back(json_of(finding, now));
  Json edges = Json::array();
  for (const auto& edge : report.edges) edges.push_back(json_of(edge));
  Json out{{"verdict", verdict_name(report.verdict)}, {"mode", outcome.mode},
           {"elapsed_s", outcome.elapsed_s},          {"entities", report.entities},
           {"rows_fetched", report.rows_fetched},     {"head_position", report.head},
           {"as_of_position", report.as_of},          {"too_young", report.findings.too_young},
           {"applied_position", report.applied},      {"indeterminate", report.indeterminate},
           {"differences", std::move(differences)},   {"edges", std::move(edges)},
           {"mismatches", std::move(mismatches)},     {"in_flight", report.in_flight}};
  if (!report.reason.empty()) out["reason"] = report.reason;
  if (outcome.repair) out["repair"] = json_of(*outcome.repair);
  if (!outcome.planted.empty()) {
    Json planted = Json::array();
    for (const auto& item : outcome.planted) {
      planted.push_back({{"kind", difference_name(item.kind)},
                         {"id", to_string(item.entity.id)},
                         {"how", item.how}});
    }
    out["injection"] = {{"exact", outcome.exact}, {"planted", std::move(planted)}};
  }
  return out;
}

void print(const VerifyOutcome& outcome, std::ostream& out) {
  const VerifyReport& report = outcome.report;
  for (const auto& edge : report.edges) {
    out << padded(edge.name, 32) << padded(grouped(edge.compared) + " compared", 22)
        << outcome_of(edge) << "\n";
  }
  for (const auto& finding : report.findings.first) out << "  " << sentence(finding) << "\n";
  const auto shown = static_cast<std::int64_t>(report.findings.first.size());
  if (report.findings.total() > shown) {
    out << "  and " << grouped(report.findings.total() - shown) << " more: raise --limit\n";
  }
  if (!outcome.planted.empty()) {
    out << "injection   planted " << outcome.planted.size() << ", "
        << (outcome.exact ? "found exactly those" : "NOT exactly those were found") << "\n";
  }
  out << "positions   head " << grouped(report.head);
  if (report.as_of != report.head) out << ", judged up to " << grouped(report.as_of);
  out << ", applied " << grouped(report.applied) << "\n";
  if (report.findings.too_young > 0) {
    out << "too young   " << grouped(report.findings.too_young)
        << " entities differ and changed within the last " << seconds_text(outcome.min_age_s)
        << "\n";
  }
  if (report.in_flight > 0) {
    out << "in flight   " << grouped(report.in_flight)
        << " commands of a seed that is running: not judged\n";
  }
  out << "differences " << differences_text(report.findings) << "\n";
  if (outcome.repair) print(*outcome.repair, out);
  if (!report.reason.empty()) out << "reason      " << report.reason << "\n";
  out << "verdict     " << verdict_name(report.verdict) << "  in "
      << seconds_text(outcome.elapsed_s) << "\n";
}

std::vector<ReportCheck> checks_of(const VerifyOutcome& outcome) {
  std::vector<ReportCheck> checks;
  for (const auto& edge : outcome.report.edges) {
    std::string told =
        grouped(edge.compared) + " compared, " + grouped(edge.differences) + " differences";
    const std::string beside = remarks(edge);
    if (!beside.empty()) told += "; " + beside;
    checks.push_back({edge.name, edge.differences == 0, std::move(told), 0});
  }
  const bool settled = outcome.report.verdict != Verdict::kInconclusive;
  checks.push_back({"verify is conclusive", settled,
                    settled ? "the views reached position " + grouped(outcome.report.head)
                            : outcome.report.reason,
                    outcome.elapsed_s});
  return checks;
}

ReportSection section_of(const VerifyOutcome& outcome) {
  const VerifyReport& report = outcome.report;
  ReportSection section;
  section.title = "Verify";
  section.facts = {
      {"mode", outcome.mode},
      {"entities", grouped(report.entities)},
      {"differences", differences_text(report.findings)},
      {"time", seconds_text(outcome.elapsed_s)},
      {"positions", "head " + grouped(report.head) + ", applied " + grouped(report.applied)}};
  if (!report.findings.first.empty()) {
    section.columns = {"kind", "entity", "store", "field", "expected", "actual"};
    for (const auto& finding : report.findings.first) {
      section.rows.push_back(
          {std::string(difference_name(finding.kind)),
           std::string(kind_name(finding.entity.kind)) + " " + to_string(finding.entity.id),
           finding.store, finding.field, finding.expected, finding.actual});
    }
  }
  return section;
}

}  // namespace cqrs
