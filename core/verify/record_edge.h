// The edge events -> streams: every aggregate's events stand in order, once, without a gap, and
// (deep) folding them gives the stream's state and digest.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"

#include <optional>
#include <vector>

namespace cqrs {

// Events that an entity lacks: their positions lie after `after` and up to `until`.
struct EventGap {
  Position after = 0;
  Position until = 0;
  std::int64_t events = 0;
  // Set when only the position of what is missing tells whether the cut covers it: not reported
  // yet.
  std::optional<Finding> unsure;
};

struct RecordCheck {
  std::int64_t events = 0;   // compared: all, or those up to the cut
  std::int64_t present = 0;  // of these, at positions up to counted_to
  std::int64_t streams = 0;
  std::int64_t rows_fetched = 0;
  std::vector<EventGap> gaps;
};

// Suspicions found while scanning are looked at again one by one, both sides read afresh, before
// they become findings: what was only written meanwhile is no difference. With a cut, order and
// completeness are judged for the events up to it; a stream is always compared at its own version.
[[nodiscard]] Result<RecordCheck> check_record(EventAudit& record, EntitySource& streams, Kind kind,
                                               bool deep, Findings& findings,
                                               const Scope& scope = {});

// Every position from 1 to `up_to` holds an event. `present` is how many do; `gaps` are those that
// an entity's own events tell of. Adds the unsure ones that turn out to be covered by `up_to`, and
// one finding without an entity for every hole that no gap explains.
[[nodiscard]] Status check_positions(EventAudit& record, Position up_to, std::int64_t present,
                                     std::vector<EventGap> gaps, Findings& findings);

}  // namespace cqrs
