#include "core/adapters/postgres/credential_changes.h"

#include <unordered_map>

namespace cqrs::postgres {

// In the order that Changes promises: put, then upgraded, then removed.
CredentialChanges::CredentialChanges(const Changes& changes,
                                     const std::unordered_set<StreamKey>& fresh) {
  std::unordered_set<Uuid> gone;
  for (const auto& stream : changes.streams) {
    if (!stream.deleted || stream.key.kind != Kind::kUser) continue;
    if (gone.insert(stream.key.id).second) removed.push_back(stream.key.id);
  }
  std::unordered_map<Uuid, CredentialRecord> last;
  for (const auto& record : changes.credentials) {
    if (!gone.contains(record.user)) last[record.user] = record;
  }
  for (const auto& change : changes.upgrades) {
    if (gone.contains(change.after.user)) continue;
    const auto at = last.find(change.after.user);
    if (at == last.end()) {
      upgrades.push_back(change);
    } else if (at->second.credential == change.before) {
      at->second = change.after;
    }
  }
  for (const auto& record : changes.credentials) {
    const auto at = last.find(record.user);
    if (at == last.end()) continue;
    (fresh.contains({Kind::kUser, record.user}) ? created : put).push_back(std::move(at->second));
    last.erase(at);
  }
}

}  // namespace cqrs::postgres
