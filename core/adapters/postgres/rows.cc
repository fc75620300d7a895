#include "core/adapters/postgres/rows.h"

#include <charconv>

namespace cqrs::postgres {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::int64_t to_integer(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// The server writes ids in one way only: parse_uuid() would cost twice as much.
Uuid to_id(std::string_view hex) {
  Uuid id;
  if (hex.size() != 36) return id;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if (hex[at] == '-') ++at;
    byte = static_cast<std::uint8_t>(hex_digit(hex[at]) * 16 + hex_digit(hex[at + 1]));
    at += 2;
  }
  return id;
}

// As hexadecimal digits behind \x.
std::string bytes(const pqxx::row& row, int column) {
  const std::string_view hex = text(row, column);
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t at = 2; at + 1 < hex.size(); at += 2) {
    out += static_cast<char>(hex_digit(hex[at]) * 16 + hex_digit(hex[at + 1]));
  }
  return out;
}

Result<Event> read_event(const pqxx::row& row) {
  Event event;
  event.position = integer(row, 0);
  event.event_id = id(row, 1);
  const auto kind = kind_from_number(integer(row, 2));
  event.stream.id = id(row, 3);
  if (!kind || event.event_id.is_nil() || event.stream.id.is_nil()) {
    return make_error(ErrorCode::kCorrupt, "events row at position " +
                                               std::to_string(event.position) + " is unreadable");
  }
  event.stream.kind = *kind;
  event.version = integer(row, 4);
  event.type = text(row, 5);
  event.schema_version = static_cast<int>(integer(row, 6));
  event.data = text(row, 7);
  event.traceparent = text(row, 8);
  event.recorded_at.micros = integer(row, 9);
  return event;
}

}  // namespace cqrs::postgres
