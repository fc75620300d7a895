// The parts that a writing statement is put together from.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace cqrs::postgres {

enum class Part : std::uint8_t {
  kEvents,
  kNewStreams,
  kChangedStreams,
  kReleased,
  kTaken,
  kTakenOver,
  kRequests,
  kForgotten,
  kNewCredentials,
  kCredentials,
  kUpgrades,
  kRemovedCredentials,
  kHeadIs,  // not a write: nothing is written unless the head is this; only beside parts that add
};
inline constexpr std::size_t kParts = 13;

// The statement that has these parts, one bit each. Its parameters are those of its parts, in order
// of the parts. It gives one number: with kHeadIs whether it is so (1 or 0), else how many claims
// were taken over.
[[nodiscard]] std::string write_sql(std::uint32_t parts);

}  // namespace cqrs::postgres
