// Which generations of the views exist and which one is served. A replay fills a new generation
// beside the live one; the switch is one compare-and-set on the pointer.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <cstdint>
#include <vector>

namespace cqrs {

// What the last comparison with the write side said. The numbers are stored; never renumber.
enum class Proof : std::uint8_t { kNone = 0, kEqual = 1, kDiffers = 2 };

struct Generation {
  int number = 0;
  bool live = false;
  Timestamp created_at;
  std::int64_t rate = 0;  // events per second at most while it is no live one; 0: no limit
  Proof proof = Proof::kNone;
  bool served = false;  // it is the live one, or was once
};

// A replay that was not brought to its end: filled in part or whole, never proven, never served.
[[nodiscard]] inline bool unfinished(const Generation& generation) {
  return !generation.live && !generation.served && generation.proof == Proof::kNone;
}

// Used by one thread at a time; several processes may read.
class GenerationCatalog {
 public:
  virtual ~GenerationCatalog() = default;
  // In order of number; at least one, exactly one of them live.
  [[nodiscard]] virtual Result<std::vector<Generation>> list() = 0;
  // Registers the next number (never one that was used before); it starts as a shadow.
  [[nodiscard]] virtual Result<int> create(Timestamp now, std::int64_t rate) = 0;
  // `to` has been served from now on, and has no rate any more.
  // Errors: version_conflict (the live one is not `expected` any more), not_found (`to`).
  [[nodiscard]] virtual Status switch_live(int expected, int to) = 0;
  // Error: not_found.
  [[nodiscard]] virtual Status set_rate(int number, std::int64_t rate) = 0;
  [[nodiscard]] virtual Status set_proof(int number, Proof proof) = 0;
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
