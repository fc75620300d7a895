// Randomness of the fault tests: one seed per run, printed; CQRS_TEST_SEED gives an earlier one
// back. CQRS_TEST_REPEATS=N makes the random parts N times as long (default 1).
#pragma once

#include "tests/support/random.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>

namespace cqrs::e2e {

inline support::Random random_source() {
  const char* given = std::getenv("CQRS_TEST_SEED");
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  const std::uint64_t seed = given == nullptr ? static_cast<std::uint64_t>(now) % 1'000'000'007
                                              : std::strtoull(given, nullptr, 10);
  std::cout << "CQRS_TEST_SEED=" << seed << std::endl;
  return support::Random(seed);
}

inline int repeats() {
  const char* given = std::getenv("CQRS_TEST_REPEATS");
  return given == nullptr ? 1 : std::max(1, std::atoi(given));
}

}  // namespace cqrs::e2e
