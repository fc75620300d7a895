// Waits for new events in the record.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"

#include <chrono>

namespace cqrs {

// Used by one thread at a time.
class HeadWatch {
 public:
  virtual ~HeadWatch() = default;
  // The position of the last committed event: as soon as it is beyond `known`, and at the latest
  // after `wait` whatever it is then. A notification is only a hint; a lost one delays, but never
  // longer than `wait`. Error: unavailable.
  [[nodiscard]] virtual Result<Position> wait(Position known, std::chrono::milliseconds wait) = 0;
};

}  // namespace cqrs
