// Events and watermarks as Kafka records: what stands in key, value and headers, without a broker.
// Every header is a column of the events table or a constant, so that a connector which knows only
// the table writes the same bytes. Format: docs/formats/topics.md.
#pragma once

#include "core/events/event.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace cqrs::kafka {

[[nodiscard]] std::string topic_name(const std::string& prefix, Kind kind);
[[nodiscard]] int partition_of(const Uuid& id, int partitions);

struct Header {
  std::string_view name;
  std::string value;
};

// Meant to be used again for many events: then encoding allocates nothing.
struct Record {
  std::string key;
  std::string_view value;  // the event's own data
  std::array<Header, 11> headers;
};
// The record's value lies in the event, which must outlive its use.
void encode(const Event& event, Record& record);
void encode(Event&& event, Record& record) = delete;
// An upper bound of what a record of this event takes in a topic.
[[nodiscard]] std::size_t record_bytes(const Event& event);

// Behind all events up to `complete_to` of its partition. `after`: those of positions after + 1 to
// complete_to were published together with it; a reader that stands before `after` has missed
// some. 0: not known.
struct Watermark {
  Position after = 0;
  Position complete_to = 0;
  friend bool operator==(const Watermark&, const Watermark&) = default;
};
inline constexpr std::string_view kWatermarkHeader = "cqrs-watermark-after";

struct HeaderView {
  std::string_view name;
  std::string_view value;
};
// Neither event nor watermark: not written by us.
struct Unreadable {};
using Decoded = std::variant<Event, Watermark, Unreadable>;
// An event needs an entity, a version and a position; whatever else cannot be read is left as it
// is or empty, and makes the codec refuse it later, where it can be parked.
[[nodiscard]] Decoded decode(Kind kind, std::string_view key, std::string_view value,
                             std::span<const HeaderView> headers);

}  // namespace cqrs::kafka
