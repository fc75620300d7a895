// The metrics that a threshold can be about: what they are measured in, and how they can be asked.
#pragma once

#include "core/workload/slo.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

struct SloMetric {
  // What of a metric's samples can be asked for.
  enum class Family : std::uint8_t {
    kDistribution,  // pNN, max, mean, count
    kErrors,        // rate, count
    kRate,          // rate
    kLevel,         // max, mean, min, last
    kValue,         // value
  };
  enum class Tags : std::uint8_t { kNone, kCommand, kQuery, kAnyOperation };

  std::string_view name;
  SloUnit unit = SloUnit::kPlain;
  Family family = Family::kValue;
  Tags operations = Tags::kNone;  // what {op=…} may name
  std::string_view series;        // aggregates that one-second values give, "p50 p99 max"
  bool needs_unit = false;        // a bare number could be anything
};

// Nothing when there is no such metric. "growth." with any name behind it is one.
[[nodiscard]] const SloMetric* find_metric(std::string_view name);
[[nodiscard]] std::vector<std::string_view> metric_names();
// In the words of errors: "p50, p99 or any pNN, max, mean, count".
[[nodiscard]] std::string aggregates_of(const SloMetric& metric);
// The canonical spelling ("p(99)" is "p99", "p999" is "p99.9"); empty when the metric has no such.
[[nodiscard]] std::string canonical_aggregate(const SloMetric& metric, std::string_view text);
// What is meant when none is written; empty: it must be written.
[[nodiscard]] std::string_view standard_aggregate(const SloMetric& metric);
[[nodiscard]] bool in_series(const SloMetric& metric, std::string_view aggregate);

}  // namespace cqrs
