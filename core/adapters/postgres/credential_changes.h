// What a transaction does to credentials in the end: each user once, so that the order in which the
// server carries it out does not matter.
#pragma once

#include "core/write/write_store.h"

#include <unordered_set>
#include <vector>

namespace cqrs::postgres {

struct CredentialChanges {
  // `fresh`: the streams that the same transaction creates, whose users cannot have any yet.
  CredentialChanges(const Changes& changes, const std::unordered_set<StreamKey>& fresh);

  std::vector<CredentialRecord> created;  // inserted
  std::vector<CredentialRecord> put;      // inserted or replaced
  std::vector<CredentialUpgrade> upgrades;
  std::vector<Uuid> removed;
};

}  // namespace cqrs::postgres
