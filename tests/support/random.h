// Seeded randomness for tests: the same seed gives the same run on every machine.
#pragma once

#include "core/base/hash.h"

#include <cstdint>

namespace cqrs::support {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix64(seed)) {}
  std::uint64_t next() { return split_mix(state_); }
  // 0 <= result < limit.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace cqrs::support
