// The edge topics = events: what was published stands in the topics as the record has it, each
// entity's events in order, and nothing else does. Copies are normal there; they are counted.
#pragma once

#include "core/log/event_log.h"
#include "core/verify/finding.h"
#include "core/verify/scope.h"
#include "core/write/history.h"

#include <cstdint>
#include <functional>
#include <string>

namespace cqrs {

struct TopicEdge {
  EventLog& topics;  // read from the empty cursor, which must be the beginning of the record
  History& record;
  // Called while the topics do not claim everything yet; waits a little and returns false when
  // patience is over. May be empty.
  std::function<bool()> keep_waiting;
};

struct TopicCheck {
  std::int64_t compared = 0;    // events of the record
  std::int64_t duplicates = 0;  // equal copies of what stands before them
  Position first_position = 0;  // of what was compared; 0: nothing was
  Position complete_to = 0;     // as the topics claim at their end
  std::int64_t behind = 0;      // committed, and neither claimed nor published yet
  std::int64_t looked_at = 0;   // positions at which copies were read once more
  std::string not_compared;     // why; empty: compared
};

// Judges positions 1 … `up_to`, which is not beyond the head; what stands behind them in the topics
// only has to be at or below the head of the moment. One pass over the topics with 8 bytes of
// memory per position, then one over the record; only to name what differs, the topics are read a
// second time. Topics that have lost their beginning (retention) are not compared, and say why.
// Errors: those of both, and timeout (`scope.progress` ended it).
[[nodiscard]] Result<TopicCheck> check_topics(const TopicEdge& edge, Position up_to,
                                              Findings& findings, const Scope& scope = {});

}  // namespace cqrs
