// An event as it is stored and carried: the decided fact plus everything a reader needs to order,
// deduplicate and trace it. Format: docs/formats/events.md.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/uuid.h"
#include "core/domain/stream_key.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

// Place in the one order of all events: 1, 2, 3 … without gaps, in commit order. 0 is before the
// first.
using Position = std::int64_t;

struct Event {
  Position position = 0;
  Uuid event_id;
  StreamKey stream;
  std::int64_t version = 0;  // of the aggregate after this event: 1, 2, 3 …
  std::string type;          // "user.created"
  int schema_version = 1;
  std::string data;         // JSON object
  std::string traceparent;  // W3C trace context of the command, may be empty
  Timestamp recorded_at;
  friend bool operator==(const Event&, const Event&) = default;
};

// The event as a CloudEvents 1.0 JSON object (structured mode).
void append_cloud_event(std::string& out, const Event& event);
// Reads such an object back. Error kInvalid names the attribute.
[[nodiscard]] Result<Event> parse_cloud_event(std::string_view json);

}  // namespace cqrs
