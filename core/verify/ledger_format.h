// Byte layout of the ledger, shared by its writer and its reader. All numbers little-endian.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cqrs::ledger_format {

inline constexpr std::string_view kMagic = "CQRSLDG1";
// magic, seed, users, products, orders, created micros, CRC of all that
inline constexpr std::size_t kHeaderSize = 8 + 5 * 8 + 4;
// payload size u32, CRC of type and payload u32, type u8
inline constexpr std::size_t kBlockHeaderSize = 9;
inline constexpr char kIntentBlock = 'I';
inline constexpr char kOutcomeBlock = 'O';
inline constexpr std::size_t kIntentSize = 1 + 8 + 8;
// status u8, kind u8, reserved u16, version i32, index u64, id 16, position i64, digest high u32
// and low u32, time i64
inline constexpr std::size_t kOutcomeSize = 56;
inline constexpr std::size_t kOutcomesPerBlock = 256;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace cqrs::ledger_format
