// What a transaction does to claims in the end: each claim once, so that the order in which the
// server carries it out does not matter.
#pragma once

#include "core/write/write_store.h"

#include <vector>

namespace cqrs::postgres {

struct ClaimChanges {
  explicit ClaimChanges(const Changes& changes);

  std::vector<ClaimChange> released;    // and not taken again
  std::vector<ClaimChange> taken;       // that nobody may hold
  std::vector<ClaimChange> taken_over;  // that one of `from` may hold
  std::vector<ClaimChange> from;
};

}  // namespace cqrs::postgres
