// Which entity is chosen: pure functions of random bits and of how many there are.
#pragma once

#include "core/workload/scenario.h"

#include <cstdint>

namespace cqrs {

// The same skew and count give the same choices in every thread, shard and run: which entities are
// hot does not depend on the seed. Thread-safe.
class EntityChooser {
 public:
  // Of the entities 0 … count - 1; `count` above 0. Costs a few logarithms.
  EntityChooser(const Skew& skew, std::uint64_t count);

  // `bits`: 64 random ones. Constant time, whatever the count.
  [[nodiscard]] std::uint64_t choose(std::uint64_t bits) const;
  // The entity that is chosen most often is that of rank 0. A permutation of 0 … count - 1.
  [[nodiscard]] std::uint64_t of_rank(std::uint64_t rank) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  [[nodiscard]] std::uint64_t zipfian_rank(std::uint64_t bits) const;
  [[nodiscard]] double h(double x) const;
  [[nodiscard]] double h_integral(double x) const;
  [[nodiscard]] double h_integral_inverse(double x) const;

  Skew skew_;
  std::uint64_t count_;
  unsigned width_ = 0;  // bits of the largest index
  double first_ = 0;
  double last_ = 0;
  double accepted_ = 0;
};

}  // namespace cqrs
