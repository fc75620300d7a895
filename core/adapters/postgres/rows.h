// Columns of a result as values, and the rows that several stores read.
#pragma once

#include "core/base/digest.h"
#include "core/base/uuid.h"
#include "core/events/event.h"

// Alone, pqxx/field and pqxx/row do not compile.
#include <pqxx/result>

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs::postgres {

// Valid as long as the result that the row is of. Empty for null.
[[nodiscard]] inline std::string_view text(const pqxx::row& row, int column) {
  const pqxx::field field = row[column];
  return {field.c_str(), field.size()};
}

// 0 for null and what is no integer.
[[nodiscard]] std::int64_t to_integer(std::string_view digits);
// Nil for null.
[[nodiscard]] Uuid to_id(std::string_view hex);
[[nodiscard]] std::string bytes(const pqxx::row& row, int column);

// Of a row of pqxx or of an Answer.
template <class Row>
[[nodiscard]] std::int64_t integer(const Row& row, int column) {
  return to_integer(text(row, column));
}
template <class Row>
[[nodiscard]] bool boolean(const Row& row, int column) {
  return text(row, column) == "t";
}
template <class Row>
[[nodiscard]] Uuid id(const Row& row, int column) {
  return to_id(text(row, column));
}
// This column and the next.
template <class Row>
[[nodiscard]] Digest digest(const Row& row, int high_column) {
  return {static_cast<std::uint32_t>(integer(row, high_column)),
          static_cast<std::uint32_t>(integer(row, high_column + 1))};
}

// The columns that read_event() expects, in order.
inline constexpr const char* kEventColumns =
    "position, event_id, kind, stream_id, stream_version, type, schema_version, data, traceparent, "
    "recorded_at";
// Error: corrupt (a kind or id that cannot be).
[[nodiscard]] Result<Event> read_event(const pqxx::row& row);

}  // namespace cqrs::postgres
