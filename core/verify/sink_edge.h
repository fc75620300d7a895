// The edge sink collection = events: every event of the record stands once in a store that is
// filled from the topics, with equal content, and nothing else does.
#pragma once

#include "core/verify/event_copies.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"
#include "core/write/history.h"

#include <cstdint>
#include <functional>

namespace cqrs {

struct SinkEdge {
  EventCopies& copies;
  History& record;
  // Called while the copies are not said to be complete; waits a little and returns false when
  // patience is over. May be empty.
  std::function<bool()> keep_waiting;
};

struct SinkCheck {
  std::int64_t compared = 0;   // events of the record
  Position complete_to = 0;    // as whoever brings the copies says
  std::int64_t behind = 0;     // committed, neither there nor said to be
  std::int64_t looked_at = 0;  // copies that were looked up once more
};

// Judges positions 1 … `up_to`, which is not beyond the head; of what stands behind them only what
// is of no event is judged. One pass over both, a page of the record at a time. Errors: those of
// both, and timeout (`scope.progress` ended it).
[[nodiscard]] Result<SinkCheck> check_sink(const SinkEdge& edge, Position up_to, Findings& findings,
                                           const Scope& scope = {});

}  // namespace cqrs
