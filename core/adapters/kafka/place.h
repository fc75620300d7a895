// Where a reader stands in every partition of every topic, and its text: the cursor.
#pragma once

#include "core/base/result.h"
#include "core/domain/stream_key.h"
#include "core/log/event_log.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cqrs::kafka {

struct Place {
  std::int64_t offset = 0;  // of the next record
  Position watermark = 0;   // every event of this partition up to here has been read
  // Position told by the record before `offset`, a watermark or an event: proves, when reading is
  // taken up again, that the partition still is the one that was read. 0: none, or unreadable.
  Position last = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

// By kind, then partition.
using Places = std::vector<Place>;
[[nodiscard]] inline std::size_t place_index(Kind kind, int partition, int partitions) {
  return kind_index(kind) * static_cast<std::size_t>(partitions) +
         static_cast<std::size_t>(partition);
}
[[nodiscard]] Position complete_to(const Places& places);

[[nodiscard]] Cursor to_cursor(const Places& places);
// The empty cursor is the beginning. Errors: corrupt (not one of these, or of another number of
// partitions).
[[nodiscard]] Result<Places> parse_cursor(const Cursor& cursor, int partitions);

}  // namespace cqrs::kafka
