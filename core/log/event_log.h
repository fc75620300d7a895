// What a projector consumes: events with an opaque cursor, ordered per aggregate, at least once.
// The promise is the weakest backend's: no order across aggregates, duplicates possible.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"

#include <cstddef>
#include <string>
#include <vector>

namespace cqrs {

// Where a reader stands. Only the log that made it can read it; empty is the beginning.
struct Cursor {
  std::string text;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

struct LogPage {
  std::vector<Event> events;
  Cursor next;
  // Every event up to here has been handed out by pages up to and including this one.
  Position complete_to = 0;
};

// Used by one thread at a time.
class EventLog {
 public:
  virtual ~EventLog() = default;
  // At most `max` events after `cursor`; an empty page means there is nothing new yet.
  // Errors: unavailable (try again), corrupt (the cursor is not of this log).
  [[nodiscard]] virtual Result<LogPage> read(const Cursor& cursor, std::size_t max) = 0;
};

}  // namespace cqrs
