#include "core/base/uuid.h"

#include "core/base/hash.h"

namespace cqrs {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_hyphen_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

void append_uuid(std::string& out, const Uuid& id) {
  char text[36];
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (is_hyphen_place(at)) text[at++] = '-';
    text[at++] = kHex[id.bytes[i] >> 4U];
    text[at++] = kHex[id.bytes[i] & 0x0FU];
  }
  out.append(text, sizeof text);
}

std::string to_string(const Uuid& id) {
  std::string out;
  append_uuid(out, id);
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t byte = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (is_hyphen_place(i)) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[byte++] = static_cast<std::uint8_t>(high * 16 + low);
    i += 2;
  }
  if (id.is_nil()) return std::nullopt;
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
