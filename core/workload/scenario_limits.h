// How much a scenario may ask for. scenarios/schema.json says the same.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace cqrs::scenario_limits {

using namespace std::chrono_literals;

inline constexpr std::uint64_t kMostEntities = 10'000'000;  // of a kind, before the first phase
inline constexpr double kLeastRate = 0.001;                 // per second
inline constexpr double kMostRate = 1'000'000;
inline constexpr double kMostOperations = 1e10;  // of a run: the generator has no more identities
inline constexpr std::chrono::microseconds kShortestPhase = 10ms;
inline constexpr std::chrono::microseconds kLongestRun = 24h;
inline constexpr std::uint64_t kMostPhases = 1'000;
inline constexpr std::uint64_t kMostClients = 10'000;
inline constexpr std::chrono::microseconds kLongestThink = 1h;
inline constexpr double kMostWeight = 1'000'000;
inline constexpr std::uint64_t kMostFaults = 10'000;
inline constexpr std::chrono::milliseconds kLongestDelay = 60s;
inline constexpr std::uint64_t kMostSlos = 100;
inline constexpr std::uint64_t kMostInFlight = 200'000;
inline constexpr std::chrono::milliseconds kLongestTimeout = 10min;
inline constexpr std::size_t kLongestName = 64;
inline constexpr std::size_t kLongestDescription = 4'000;

inline constexpr std::array<std::string_view, 3> kProfiles{"embedded", "standard", "foreign"};
// Processes of our own; "all" is the one process of the embedded profile.
inline constexpr std::array<std::string_view, 6> kRoles{"gateway",   "command", "relay",
                                                        "projector", "query",   "all"};
inline constexpr std::array<std::string_view, 5> kServers{"broker", "postgres", "redis", "mongo",
                                                          "connect"};
inline constexpr std::array<std::string_view, 8> kActions{"kill",   "pause", "resume", "restart",
                                                          "freeze", "cut",   "delay",  "heal"};
inline constexpr std::array<std::string_view, 4> kVerdicts{"pass", "fail", "inconclusive",
                                                           "invalid"};
inline constexpr std::array<std::string_view, 6> kVerifyModes{"default", "counts", "buckets",
                                                              "deep",    "ledger", "order"};

}  // namespace cqrs::scenario_limits
