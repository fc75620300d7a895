#include "core/adapters/postgres/claim_changes.h"

#include <unordered_set>

namespace cqrs::postgres {
namespace {

std::unordered_set<Claim> claims_in(const std::vector<ClaimChange>& changes) {
  std::unordered_set<Claim> claims;
  for (const auto& change : changes) claims.insert(change.claim);
  return claims;
}

}  // namespace

ClaimChanges::ClaimChanges(const Changes& changes) {
  if (changes.released.empty()) {
    taken = changes.taken;
    return;
  }
  const auto given_up = claims_in(changes.released);
  const auto wanted = claims_in(changes.taken);
  for (const auto& change : changes.released) {
    (wanted.contains(change.claim) ? from : released).push_back(change);
  }
  for (const auto& change : changes.taken) {
    (given_up.contains(change.claim) ? taken_over : taken).push_back(change);
  }
}

}  // namespace cqrs::postgres
