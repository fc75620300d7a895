// 128-bit identifiers. Ids made here are UUIDv7 (RFC 9562): ordered by creation time, so that they
// append to a B-tree instead of scattering over it. Ids chosen by a client may be of any version.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  [[nodiscard]] bool is_nil() const { return *this == Uuid{}; }
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] std::uint64_t high() const { return load(0); }  // big-endian first half
  [[nodiscard]] std::uint64_t low() const { return load(8); }   // big-endian second half

 private:
  [[nodiscard]] std::uint64_t load(std::size_t from) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + from, sizeof value);
    return __builtin_bswap64(value);
  }
};

// Canonical lower-case text with hyphens, 36 characters.
[[nodiscard]] std::string to_string(const Uuid& id);
void append_uuid(std::string& out, const Uuid& id);
// Accepts the hyphenated form in either case; anything else, and the nil UUID, gives nothing.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);
// From 16 raw bytes; nothing when the length differs.
[[nodiscard]] std::optional<Uuid> uuid_from_bytes(std::string_view raw);
// Lays out a UUIDv7: 48-bit milliseconds since 1970, then 12 and 62 bits taken from the arguments.
[[nodiscard]] Uuid make_uuid_v7(std::uint64_t unix_ms, std::uint64_t rand_a, std::uint64_t rand_b);

// Makes UUIDv7 values that grow strictly even within one millisecond and when the clock steps back.
// Not thread-safe: give every thread its own. `seed` should come from the system's entropy source;
// tests pass a constant.
class UuidV7Source {
 public:
  explicit UuidV7Source(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] Uuid next(std::uint64_t unix_ms);

 private:
  std::uint64_t state_;
  std::uint64_t last_ms_ = 0;
  std::uint64_t counter_ = 0;  // 12 bits in rand_a; overflow borrows from the future millisecond
};

}  // namespace cqrs

template <>
struct std::hash<cqrs::Uuid> {
  std::size_t operator()(const cqrs::Uuid& id) const noexcept {
    return static_cast<std::size_t>(id.high() * 0x9E3779B97F4A7C15ULL ^ id.low());
  }
};
