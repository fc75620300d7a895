#include "core/workload/slo.h"

#include "core/base/check.h"
#include "core/workload/quantity.h"
#include "core/workload/slo_metric.h"

#include <algorithm>
#include <cmath>

namespace cqrs {
namespace {

bool holds(Comparison comparison, double left, double right) {
  switch (comparison) {
    case Comparison::kLess:
      return left < right;
    case Comparison::kLessEqual:
      return left <= right;
    case Comparison::kGreater:
      return left > right;
    case Comparison::kGreaterEqual:
      return left >= right;
    case Comparison::kEqual:
      return left == right;
    case Comparison::kUnlike:
      return left != right;
  }
  return false;
}

struct Shown {
  const char* unit;
  double scale;
};

Shown shown_as(const Slo& slo) {
  switch (unit_of(slo)) {
    case SloUnit::kMicros:
      // The one whose name has the unit in it keeps it.
      return slo.metric.find("_us_") == std::string::npos ? Shown{"ms", 1e-3} : Shown{"us", 1};
    case SloUnit::kSeconds:
      return {"s", 1};
    case SloUnit::kBytes:
      return {"bytes", 1};
    case SloUnit::kShare:
      return {"%", 100};
    case SloUnit::kPerSecond:
      return {"/s", 1};
    case SloUnit::kCount:
    case SloUnit::kPlain:
      break;
  }
  return {"", 1};
}

// Four digits that say something, all of a large number: 0.01234, 99.98, 12345.
std::string figure(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 1'000 || size == 0
                           ? 0
                           : std::min(9, 3 - static_cast<int>(std::floor(std::log10(size))));
  return number_text(value, decimals);
}

}  // namespace

SloUnit unit_of(const Slo& slo) {
  const SloMetric* const metric = find_metric(slo.metric);
  if (metric == nullptr) return SloUnit::kPlain;
  return slo.aggregate == "count" ? SloUnit::kCount : metric->unit;
}

bool needs_series(const Slo& slo) { return slo.window.count() > 0 || slo.tag == "phase"; }

std::vector<Slo> always_on_slos(bool open_model, double min_achieved) {
  std::vector<std::string> texts{"ledger.lost==0", "verify.diff==0"};
  if (open_model) texts.push_back("load.achieved>=" + number_text(min_achieved * 100, 4) + "%");
  std::vector<Slo> slos;
  for (const auto& text : texts) {
    auto slo = parse_slo(text);
    CQRS_CHECK(slo.ok());
    slos.push_back(std::move(*slo));
  }
  return slos;
}

SloResult judge(const Slo& slo, const SloSource& source) {
  SloResult result;
  result.slo = slo;
  const Shown shown = shown_as(slo);
  result.unit = shown.unit;
  const auto observation = source.observe(slo);
  if (!observation || observation->samples == 0) return result;
  result.observed = observation->value;
  result.samples = observation->samples;
  result.shown = observation->value * shown.scale;
  result.ok = holds(slo.comparison, observation->value, slo.value);
  return result;
}

std::string text_of(const SloResult& result) {
  if (!result.observed) return result.slo.text + "  no data";
  std::string text = result.slo.text + "  observed " + figure(result.shown);
  if (result.unit == "%" || result.unit == "/s") {
    text += result.unit;
  } else if (!result.unit.empty()) {
    text += " " + result.unit;
  }
  return text + " (" + grouped_text(result.samples) +
         (result.samples == 1 ? " sample)" : " samples)");
}

}  // namespace cqrs
