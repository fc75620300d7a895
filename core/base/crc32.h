// CRC-32 (ISO-HDLC, the one of zlib and PNG): detects torn and flipped bytes in our own files.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cqrs {

namespace detail {
constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    table[i] = value;
  }
  return table;
}
inline constexpr auto kCrcTable = make_crc_table();
}  // namespace detail

inline std::uint32_t crc32(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : data) {
    crc = (crc >> 8U) ^ detail::kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return ~crc;
}

}  // namespace cqrs
