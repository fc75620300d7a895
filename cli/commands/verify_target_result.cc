// The result of a foreign verification as people and programs get it.
#include "cli/commands/verify_target.h"
#include "cli/output/units.h"

namespace cqrs {
namespace {

using target::ForeignFinding;

Json json_of(const ForeignFinding& finding) {
  return {{"kind", difference_name(finding.kind)},
          {"aggregate", kind_name(finding.aggregate)},
          {"id", finding.id},
          {"workload_id", finding.uuid.empty() ? Json() : Json(finding.uuid)},
          {"store", finding.store},
          {"field", finding.field},
          {"expected", finding.expected},
          {"actual", finding.actual},
          {"expected_version", finding.expected_version},
          {"actual_version", finding.actual_version},
          {"age_s", Json()},
          {"position", 0}};
}

std::string sentence(const ForeignFinding& finding) {
  std::string text = std::string(difference_name(finding.kind)) + "  " +
                     std::string(kind_name(finding.aggregate)) + " " + finding.id + "  in the " +
                     finding.store;
  if (!finding.field.empty()) text += "  " + finding.field;
  if (!finding.expected.empty()) text += "  expected " + finding.expected + ",";
  return text + " found " + (finding.actual.empty() ? "nothing" : finding.actual);
}

std::string differences_text(const target::ForeignReport& report) {
  std::string text;
  for (const Difference kind : kAllDifferences) {
    const auto count = report.counts[static_cast<std::size_t>(kind)];
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += grouped(count) + " " + std::string(difference_name(kind));
  }
  return text.empty() ? "none" : text;
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() >= width ? text + " " : text + std::string(width - text.size(), ' ');
}

// Nothing compared is not the same as nothing different.
std::string outcome_of(const target::ForeignCheck& check) {
  if (check.compared == 0) return "not checked  " + check.note;
  std::string text =
      check.differences == 0 ? std::string("good") : grouped(check.differences) + " WRONG";
  return check.note.empty() ? text : text + "  " + check.note;
}

std::string why_open(const target::ForeignReport& report) {
  if (!report.reason.empty()) return report.reason;
  return report.indeterminate == 0
             ? std::string()
             : grouped(report.indeterminate) +
                   " commands of the ledger have no known outcome: run cqrsctl seed --resume";
}

}  // namespace

Json json_of(const TargetOutcome& outcome) {
  const auto& report = outcome.report;
  Json differences = Json::object();
  for (const Difference kind : kAllDifferences) {
    differences[std::string(difference_name(kind))] = report.counts[static_cast<std::size_t>(kind)];
  }
  Json mismatches = Json::array();
  for (const auto& finding : report.first) mismatches.push_back(json_of(finding));
  Json checks = Json::array();
  for (const auto& check : report.checks) {
    checks.push_back({{"check", check.name},
                      {"compared", check.compared},
                      {"differences", check.differences},
                      {"note", check.note}});
  }
  Json diagnosis = Json::array();
  for (const auto& one : report.diagnoses) {
    diagnosis.push_back({{"flaw", one.flaw}, {"evidence", one.evidence}});
  }
  Json out{{"verdict", outcome.verdict()},
           {"target", outcome.name},
           {"url", outcome.url},
           {"elapsed_s", outcome.elapsed_s},
           {"entities", report.entities},
           {"rows_fetched", report.rows_fetched},
           {"indeterminate", report.indeterminate},
           {"probed", outcome.probed},
           {"ledgers", outcome.ledgers},
           {"differences", std::move(differences)},
           {"diagnosis", std::move(diagnosis)},
           {"checks", std::move(checks)},
           {"mismatches", std::move(mismatches)}};
  if (const auto why = why_open(report); !why.empty()) out["reason"] = why;
  return out;
}

void print(const TargetOutcome& outcome, std::ostream& out) {
  const auto& report = outcome.report;
  out << "target      " << outcome.name << " at " << outcome.url << "\n";
  for (const auto& check : report.checks) {
    out << padded(check.name, 34) << padded(grouped(check.compared) + " compared", 18)
        << outcome_of(check) << "\n";
  }
  for (const auto& finding : report.first) out << "  " << sentence(finding) << "\n";
  const auto shown = static_cast<std::int64_t>(report.first.size());
  if (report.total() > shown) {
    out << "  and " << grouped(report.total() - shown) << " more: raise --limit\n";
  }
  out << "differences " << differences_text(report) << "\n";
  for (const auto& one : report.diagnoses) {
    out << "diagnosis   " << one.flaw << ": " << one.evidence << "\n";
  }
  if (!outcome.probed) {
    out << "experiments not made: --probe makes them, and writes to the system\n";
  }
  if (const auto why = why_open(report); !why.empty()) out << "reason      " << why << "\n";
  out << "verdict     " << outcome.verdict() << "  in " << seconds_text(outcome.elapsed_s) << "\n";
}

}  // namespace cqrs
