// Thresholds over the one-second values of a run: for a window, a phase, or what is known so far.
#pragma once

#include "core/workload/slo.h"

#include "cli/report/run_record.h"

#include <optional>
#include <vector>

namespace cqrs {

// Which seconds count, and whether the last window may still be growing.
struct SeriesScope {
  const std::vector<SecondRecord>& seconds;
  const std::vector<PhaseRecord>& phases;
  bool running = false;
};

// With a phase its seconds, else all after the warm-up. Windows follow each other from the first
// of them; what is told is the worst window for this comparison. A last window of less than half
// its length is left out, unless it is the only one; while running, every incomplete one.
//
// Percentiles and `max` are those of the worst second. Rates and shares are of the sums. `samples`
// are operations for errors, throughput and load.achieved, else seconds.
// Nothing: the series does not have it.
[[nodiscard]] std::optional<SloSource::Observation> observe_series(const Slo& slo,
                                                                   const SeriesScope& scope);

}  // namespace cqrs
