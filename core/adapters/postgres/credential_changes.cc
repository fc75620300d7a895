#include "core/adapters/postgres/credential_changes.h"

#include <unordered_map>

namespace cqrs::postgres {
namespace {

using Records = std::unordered_map<Uuid, CredentialRecord>;

std::unordered_set<Uuid> deleted_users(const Changes& changes) {
  std::unordered_set<Uuid> users;
  for (const auto& stream : changes.streams) {
    if (stream.deleted && stream.key.kind == Kind::kUser) users.insert(stream.key.id);
  }
  return users;
}

// What stands in `last` is upgraded there; the others are left to the table.
std::vector<CredentialUpgrade> upgrades_of_others(const Changes& changes, Records& last) {
  std::vector<CredentialUpgrade> others;
  for (const auto& change : changes.upgrades) {
    const auto at = last.find(change.after.user);
    if (at == last.end()) {
      others.push_back(change);
    } else if (at->second.credential == change.before) {
      at->second = change.after;
    }
  }
  return others;
}

}  // namespace

// In the order that Changes promises: put, then upgraded, then removed.
CredentialChanges::CredentialChanges(const Changes& changes,
                                     const std::unordered_set<StreamKey>& fresh) {
  const auto gone = deleted_users(changes);
  removed.assign(gone.begin(), gone.end());
  Records last;
  for (const auto& record : changes.credentials) last[record.user] = record;
  upgrades = upgrades_of_others(changes, last);
  std::erase_if(upgrades,
                [&](const CredentialUpgrade& change) { return gone.contains(change.after.user); });
  for (auto& [user, record] : last) {
    if (gone.contains(user)) continue;
    (fresh.contains({Kind::kUser, user}) ? created : put).push_back(std::move(record));
  }
}

}  // namespace cqrs::postgres
