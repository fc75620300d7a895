// Where a relay puts events so that projectors elsewhere can read them: a log of partitions, each
// in order, read back through EventLog. The record stays the events table; this is a cache of it.
#pragma once

#include "core/base/result.h"
#include "core/log/event_log.h"

#include <span>

namespace cqrs {

// Used by one thread at a time. Implementation: core/adapters/kafka.
class EventPublisher {
 public:
  virtual ~EventPublisher() = default;
  // Appends the events, which stand in order of position, each to the partition of its entity, and
  // behind them the watermark `complete_to` to every partition: whoever has read it there has seen
  // every event up to that position that this partition will ever hold. ok: all of it is durable,
  // and the cursor returned is one from which a reader gets every event after `complete_to` (and
  // perhaps some before). Errors: unavailable (nothing or a part was written, each partition in
  // order from its front; publish the same again, readers drop what they know), invalid (an event
  // is larger than the log takes: names it and the limit).
  [[nodiscard]] virtual Result<Cursor> publish(std::span<const Event> events,
                                               Position complete_to) = 0;
  // Appends the watermark alone, for events that others appended: every event up to `complete_to`
  // must stand in the log already. Those up to `after` were complete before. Error: unavailable.
  [[nodiscard]] virtual Status mark(Position after, Position complete_to) = 0;
};

}  // namespace cqrs
