#include "core/adapters/memory/planned_call.h"
#include "core/adapters/memory/stores.h"

#include <optional>
#include <string>
#include <unordered_map>

namespace cqrs::memory {
namespace {

Error broken(const std::string& what) {
  return make_error(ErrorCode::kInternal, "refused by the memory store: " + what);
}

class MemoryWriteStore final : public WriteStore {
 public:
  MemoryWriteStore(MemoryRecord& record, FaultPlan plan)
      : record_(record), plan_(std::move(plan)) {}

  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    return planned_call(plan_, "transact", ErrorCode::kInDoubt, [&]() -> Status {
      Changes changes = decide(load(touched));
      CQRS_TRY(check_events(changes));
      CQRS_TRY(check_claims(changes));
      CQRS_TRY(check_requests(changes));
      apply(std::move(changes));
      return {};
    });
  }

 private:
  template <class Map, class Key>
  static auto find(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
    const auto at = map.find(key);
    if (at == map.end()) return std::nullopt;
    return at->second;
  }

  [[nodiscard]] Position head() const {
    return record_.events.empty() ? 0 : record_.events.back().position;
  }

  [[nodiscard]] Loaded load(const Touched& touched) const {
    Loaded loaded;
    loaded.head = head();
    for (const auto& key : touched.streams) loaded.streams.push_back(find(record_.streams, key));
    for (const auto& claim : touched.claims) {
      loaded.claim_owners.push_back(find(record_.claims, claim));
    }
    for (const auto& key : touched.requests) {
      loaded.requests.push_back(find(record_.requests, key));
    }
    return loaded;
  }

  // Everything is checked before anything is changed: that is the transaction.
  [[nodiscard]] Status check_events(const Changes& changes) const {
    Position position = head();
    std::unordered_map<StreamKey, std::int64_t> versions;
    std::unordered_set<Uuid> ids;
    for (const auto& event : changes.events) {
      if (event.position != ++position) {
        return broken("position " + std::to_string(event.position) + " does not follow " +
                      std::to_string(position - 1));
      }
      if (record_.event_ids.contains(event.event_id) || !ids.insert(event.event_id).second) {
        return broken("event id " + to_string(event.event_id) + " exists already");
      }
      const auto [version, first] = versions.try_emplace(event.stream, 0);
      if (first) {
        const auto known = record_.streams.find(event.stream);
        version->second = known == record_.streams.end() ? 0 : known->second.version;
      }
      if (event.version != ++version->second) {
        return broken("version " + std::to_string(event.version) + " of " +
                      to_string(event.stream.id) + " does not follow the one before");
      }
    }
    return {};
  }

  [[nodiscard]] Status check_claims(const Changes& changes) const {
    std::unordered_set<Claim> free;
    for (const auto& change : changes.released) {
      const auto held = record_.claims.find(change.claim);
      if (held != record_.claims.end() && held->second == change.owner) free.insert(change.claim);
    }
    std::unordered_set<Claim> taken;
    for (const auto& change : changes.taken) {
      const bool held = record_.claims.contains(change.claim) && !free.contains(change.claim);
      if (held || !taken.insert(change.claim).second) {
        return broken("claim \"" + change.claim.value + "\" is held already");
      }
    }
    return {};
  }

  [[nodiscard]] Status check_requests(const Changes& changes) const {
    std::unordered_set<Uuid> keys;
    for (const auto& request : changes.requests) {
      if (record_.requests.contains(request.key) || !keys.insert(request.key).second) {
        return broken("request " + to_string(request.key) + " is recorded already");
      }
    }
    return {};
  }

  void apply(Changes changes) {
    for (auto& event : changes.events) {
      record_.event_ids.insert(event.event_id);
      record_.events.push_back(std::move(event));
    }
    apply_credentials(changes);
    for (auto& stream : changes.streams) record_.streams[stream.key] = std::move(stream);
    for (const auto& change : changes.released) {
      const auto held = record_.claims.find(change.claim);
      if (held != record_.claims.end() && held->second == change.owner) record_.claims.erase(held);
    }
    for (auto& change : changes.taken) record_.claims[std::move(change.claim)] = change.owner;
    for (const auto& request : changes.requests) record_.requests[request.key] = request;
    std::erase_if(record_.requests, [&](const auto& entry) {
      return entry.second.recorded_at < changes.forget_requests_before;
    });
  }

  void apply_credentials(const Changes& changes) {
    for (const auto& credential : changes.credentials) {
      record_.credentials[credential.user] = credential;
    }
    for (const auto& upgrade : changes.upgrades) {
      const auto at = record_.credentials.find(upgrade.after.user);
      if (at == record_.credentials.end() || at->second.credential != upgrade.before) continue;
      at->second = upgrade.after;
    }
    for (const auto& stream : changes.streams) {
      if (stream.deleted && stream.key.kind == Kind::kUser) {
        record_.credentials.erase(stream.key.id);
      }
    }
  }

  MemoryRecord& record_;
  FaultPlan plan_;
};

}  // namespace

std::unique_ptr<WriteStore> open_write_store(MemoryRecord& record, FaultPlan plan) {
  return std::make_unique<MemoryWriteStore>(record, std::move(plan));
}

}  // namespace cqrs::memory
