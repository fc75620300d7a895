// Injections: copies the stores to a scratch directory, spoils the copies in known ways and says
// what was planted where, so that verify can be held to finding exactly that.
#pragma once

#include "core/verify/finding.h"
#include "core/wiring/data_dir.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// How many of each kind of difference to plant.
struct InjectionPlan {
  std::array<std::size_t, kAllDifferences.size()> counts{};
  [[nodiscard]] std::size_t count(Difference kind) const {
    return counts[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::size_t total() const;
};

// "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2". Error kInvalid names the word and the choices.
[[nodiscard]] Result<InjectionPlan> parse_injection(std::string_view text);

struct Planted {
  Difference kind = Difference::kLost;
  StreamKey entity;
  std::string how;
};

// Copies the live stores of `dir` into `scratch` (an empty directory) and spoils the copies.
// Errors: invalid (the system holds too few entities for the plan), unavailable.
// Works while the system writes.
[[nodiscard]] Result<std::vector<Planted>> inject(const DataDir& dir, const DataDir& scratch,
                                                  const InjectionPlan& plan);

// Spoils the stores themselves: for tests of what mends them. The system must be stopped.
[[nodiscard]] Result<std::vector<Planted>> spoil(const DataDir& dir, const InjectionPlan& plan);

}  // namespace cqrs
