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
};
inline constexpr std::size_t kParts = 12;

// The statement that has these parts, one bit each. Its parameters are those of its parts, in order
// of the parts. It gives one number: how many claims were taken over.
[[nodiscard]] std::string write_sql(std::uint32_t parts);

}  // namespace cqrs::postgres
