// Which generations of the views exist and which one is served. A replay fills a new generation
// beside the live one; the switch is one compare-and-set on the pointer.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <vector>

namespace cqrs {

struct Generation {
  int number = 0;
  bool live = false;
  Timestamp created_at;
};

// Used by one thread at a time; several processes may read.
class GenerationCatalog {
 public:
  virtual ~GenerationCatalog() = default;
  // In order of number; at least one, exactly one of them live.
  [[nodiscard]] virtual Result<std::vector<Generation>> list() = 0;
  // Registers the next number (never one that was used before); it starts as a shadow.
  [[nodiscard]] virtual Result<int> create(Timestamp now) = 0;
  // Errors: version_conflict (the live one is not `expected` any more), not_found (`to`).
  [[nodiscard]] virtual Status switch_live(int expected, int to) = 0;
  // Errors: invalid (the live one cannot be dropped), not_found.
  [[nodiscard]] virtual Status drop(int number) = 0;
};

// The live one of a list that is not empty.
[[nodiscard]] inline int live_generation(const std::vector<Generation>& generations) {
  for (const auto& generation : generations) {
    if (generation.live) return generation.number;
  }
  return 0;
}

}  // namespace cqrs
