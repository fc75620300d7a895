// The record: every event ever committed, in the one order. Relay, replay, healing and verify read
// it; nothing is ever changed through it.
#pragma once

#include "core/base/result.h"
#include "core/base/uuid.h"
#include "core/events/event.h"

#include <cstddef>
#include <vector>

namespace cqrs {

// Used by one thread at a time; open one per thread. Every method: unavailable when the store
// cannot be reached, corrupt when a row cannot be read.
class History {
 public:
  virtual ~History() = default;
  // Position of the last committed event, 0 when there is none.
  [[nodiscard]] virtual Result<Position> head() = 0;
  // At most `max` events after `after`, in order of position, without gaps.
  [[nodiscard]] virtual Result<std::vector<Event>> read(Position after, std::size_t max) = 0;
  // At most `max` events of one aggregate after `after_version`, in order of version.
  [[nodiscard]] virtual Result<std::vector<Event>> read_stream(const StreamKey& key,
                                                               std::int64_t after_version,
                                                               std::size_t max) = 0;
  // Identifies this very database: another one, or one restored from a backup, has another. A
  // cursor is only valid in the incarnation it was taken in.
  [[nodiscard]] virtual Result<Uuid> incarnation() = 0;
};

}  // namespace cqrs
