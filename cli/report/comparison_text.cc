#include "cli/output/units.h"
#include "cli/report/comparison.h"
#include "cli/report/run_figures.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <iomanip>

namespace cqrs {
namespace {

std::string value_text(double value, const std::string& unit) {
  if (unit == "us") return micros_text(std::llround(value));
  if (unit == "bytes") return bytes_text(static_cast<std::uint64_t>(value));
  return exact_rate_text(value);
}

std::string ratio_text(const MetricChange& change) {
  std::array<char, 64> text{};
  if (!change.ratio) {
    std::snprintf(text.data(), text.size(), "%.3f", change.changed_median / change.base_median);
  } else {
    std::snprintf(text.data(), text.size(), "%.3f  %.3f to %.3f", change.ratio->estimate,
                  change.ratio->low, change.ratio->high);
  }
  return text.data();
}

bool too_few(const RunComparison& comparison) {
  for (const auto& change : comparison.metrics) {
    if (!change.ratio) return true;
  }
  return false;
}

std::string runs_text(const RunComparison& comparison) {
  return std::to_string(comparison.base.size()) + " runs before, " +
         std::to_string(comparison.changed.size()) + " after";
}

constexpr const char* kTooFew =
    "too few runs for an interval of 95 %: it takes 4 on each side, or 3 and 5; run both in turn";

std::string verdict_text(const RunComparison& comparison) {
  std::string regressed;
  for (const auto& change : comparison.metrics) {
    if (change.verdict == "regressed") regressed += (regressed.empty() ? "" : ", ") + change.name;
  }
  if (!regressed.empty()) return "fail: " + regressed + " worse by more than the limit";
  if (comparison.metrics.empty()) return comparison.verdict + ": no figure that every run has";
  if (too_few(comparison)) return comparison.verdict + ": cannot tell, " + kTooFew;
  return comparison.verdict +
         (comparison.max_regression ? ": no regression beyond the limit was shown" : "");
}

}  // namespace

Json json_of(const RunComparison& comparison) {
  Json metrics = Json::array();
  for (const auto& change : comparison.metrics) {
    metrics.push_back({{"metric", change.name},
                       {"unit", change.unit},
                       {"higher_is_better", change.higher_is_better},
                       {"base", change.base},
                       {"new", change.changed},
                       {"base_median", change.base_median},
                       {"new_median", change.changed_median},
                       {"ratio", change.ratio ? Json(change.ratio->estimate) : Json()},
                       {"ratio_low", change.ratio ? Json(change.ratio->low) : Json()},
                       {"ratio_high", change.ratio ? Json(change.ratio->high) : Json()},
                       {"confidence", change.ratio ? Json(change.ratio->confidence) : Json()},
                       {"verdict", change.verdict}});
  }
  return {{"schema", "cqrsctl.compare/1"},
          {"verdict", comparison.verdict},
          {"base", comparison.base},
          {"new", comparison.changed},
          {"max_regression", comparison.max_regression ? Json(*comparison.max_regression) : Json()},
          {"metrics", std::move(metrics)},
          {"caveats", comparison.caveats}};
}

std::string markdown_of(const RunComparison& comparison) {
  std::string out = "# " + verdict_text(comparison) + "\n\n" + runs_text(comparison) +
                    ". Ratio: after / before, with its 95 % confidence interval (Hodges-Lehmann, "
                    "exact).\n\n| metric | before | after | ratio | |\n|---|---|---|---|---|\n";
  for (const auto& change : comparison.metrics) {
    out += "| " + change.name + " | " + value_text(change.base_median, change.unit) + " | " +
           value_text(change.changed_median, change.unit) + " | " + ratio_text(change) + " | " +
           (change.verdict == "regressed" ? "**regressed**" : change.verdict) + " |\n";
  }
  if (!comparison.caveats.empty()) out += "\n";
  for (const auto& caveat : comparison.caveats) out += "- " + caveat + "\n";
  return out;
}

void print(const RunComparison& comparison, std::ostream& out) {
  out << runs_text(comparison)
      << "; medians, and the ratio after / before with its 95 % interval\n\n"
      << std::left << std::setw(26) << "metric" << std::right << std::setw(12) << "before"
      << std::setw(12) << "after"
      << "   " << std::left << std::setw(24) << "ratio"
      << "\n";
  for (const auto& change : comparison.metrics) {
    out << std::left << std::setw(26) << change.name << std::right << std::setw(12)
        << value_text(change.base_median, change.unit) << std::setw(12)
        << value_text(change.changed_median, change.unit) << "   " << std::left << std::setw(24)
        << ratio_text(change) << change.verdict << "\n";
  }
  out << "\n";
  for (const auto& caveat : comparison.caveats) out << "caveat   " << caveat << "\n";
  out << "verdict  " << verdict_text(comparison) << "\n";
}

}  // namespace cqrs
