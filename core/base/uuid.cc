#include "core/base/uuid.h"

#include "core/base/hash.h"

namespace cqrs {
namespace {

// Ids are read and written several times per command: both ways are a table and no branches.
constexpr char kHex[] = "0123456789abcdef";
constexpr std::uint8_t kNoHex = 0xFF;

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoHex);
  for (std::uint8_t digit = 0; digit < 16; ++digit) {
    const auto lower = static_cast<std::uint8_t>(kHex[digit]);
    values[lower] = digit;
    if (digit >= 10) values[static_cast<std::uint8_t>(lower - 'a' + 'A')] = digit;
  }
  return values;
}();

// Where the two digits of each byte stand in the hyphenated text.
constexpr std::array<std::uint8_t, 16> kPlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                               19, 21, 24, 26, 28, 30, 32, 34};

constexpr bool has_hyphens(std::string_view text) {
  return text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

}  // namespace

void append_uuid(std::string& out, const Uuid& id) {
  char text[] = "00000000-0000-0000-0000-000000000000";
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    text[kPlaces[i]] = kHex[id.bytes[i] >> 4U];
    text[kPlaces[i] + 1U] = kHex[id.bytes[i] & 0x0FU];
  }
  out.append(text, sizeof text - 1);
}

std::string to_string(const Uuid& id) {
  std::string out;
  append_uuid(out, id);
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36 || !has_hyphens(text)) return std::nullopt;
  Uuid id;
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const auto high = kHexValues[static_cast<std::uint8_t>(text[kPlaces[i]])];
    const auto low = kHexValues[static_cast<std::uint8_t>(text[kPlaces[i] + 1U])];
    seen |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4U | (low & 0x0FU));
  }
  if ((seen & 0xF0U) != 0 || id.is_nil()) return std::nullopt;
  return id;
}

std::optional<Uuid> uuid_from_bytes(std::string_view raw) {
  Uuid id;
  if (raw.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), raw.data(), raw.size());
  return id;
}

Uuid make_uuid_v7(std::uint64_t unix_ms, std::uint64_t rand_a, std::uint64_t rand_b) {
  const std::uint64_t high = (unix_ms << 16U) | 0x7000U | (rand_a & 0x0FFFU);
  const std::uint64_t low = (rand_b & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  Uuid id;
  const std::uint64_t big_high = __builtin_bswap64(high);
  const std::uint64_t big_low = __builtin_bswap64(low);
  std::memcpy(id.bytes.data(), &big_high, sizeof big_high);
  std::memcpy(id.bytes.data() + 8, &big_low, sizeof big_low);
  return id;
}

Uuid UuidV7Source::next(std::uint64_t unix_ms) {
  if (unix_ms > last_ms_) {
    last_ms_ = unix_ms;
    counter_ = 0;
  } else if (++counter_ > 0x0FFFU) {
    ++last_ms_;
    counter_ = 0;
  }
  return make_uuid_v7(last_ms_, counter_, split_mix(state_));
}

}  // namespace cqrs
