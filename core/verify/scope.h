// What a verification judges: up to which position, how old an entity must be, and how it tells
// that it is still at work.
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"
#include "core/verify/finding.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace cqrs {

struct Scope {
  // What happened after it is not judged; nothing: everything is, up to what the stores hold.
  std::optional<Position> cut;
  // Positions are counted up to here, to see whether one is missing.
  Position counted_to = 0;
  // A difference of an entity whose last event is later than this is counted and not judged.
  Timestamp young_after{std::numeric_limits<std::int64_t>::max()};
  // Called after every page with the rows just read; false ends the check. May
  // be empty. Must be safe to call from the thread of every lane.
  std::function<bool(std::int64_t rows)> progress;

  [[nodiscard]] bool beyond(Position position) const { return cut && position > *cut; }
  [[nodiscard]] bool too_young(const std::vector<Event>& events) const {
    for (const auto& event : events) {
      if (event.recorded_at > young_after) return true;
    }
    return false;
  }
  // Counts what is too young, and adds the rest.
  void judge(Finding finding, Findings& findings) const {
    if (finding.recorded_at > young_after) {
      ++findings.too_young;
    } else {
      findings.add(std::move(finding));
    }
  }
};

}  // namespace cqrs
