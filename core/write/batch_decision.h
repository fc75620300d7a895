// One batch while it is being decided: what was loaded under the lock, overlaid with what the
// commands before the present one changed. Internal to the command handler.
#pragma once

#include "core/base/clock.h"
#include "core/write/command.h"
#include "core/write/write_store.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace cqrs {

// Everything the commands of `batch` may read.
[[nodiscard]] Touched touched_by(std::span<const Command> batch);

class BatchDecision {
 public:
  BatchDecision(const Touched& touched, const Loaded& loaded, Timestamp now,
                UuidV7Source& event_ids);

  [[nodiscard]] Outcome decide_one(const Command& command);
  // The net effect of every command decided so far.
  [[nodiscard]] Changes take_changes();

 private:
  struct Entry {
    std::int64_t version = 0;
    Position position = 0;
    bool deleted = false;
    bool changed = false;
    const StreamRecord* unread = nullptr;  // state not decoded yet: most references never are
    std::optional<State> state;
    std::optional<Error> unreadable;
    [[nodiscard]] bool exists() const { return unread != nullptr || state.has_value(); }
  };

  Outcome apply(const Command& command, Entry& entry, const std::vector<EventBody>& events);
  Status check_claims(const StreamKey& owner, const State* before,
                      const std::vector<EventBody>& events, std::vector<Claim>& released,
                      std::vector<Claim>& taken);
  Result<std::optional<Accepted>> earlier_outcome(const Command& command) const;
  void remember(const Command& command, const Accepted& accepted);
  static void read_state(Entry& entry);
  Entry* find(const StreamKey& key);

  Timestamp now_;
  UuidV7Source& event_ids_;
  Position head_;
  std::unordered_map<StreamKey, Entry> entries_;
  std::unordered_map<Claim, Uuid> owners_;
  std::unordered_map<Uuid, RequestRecord> requests_;
  std::vector<StreamKey> changed_;  // in order of first change
  References references_;
  Changes changes_;
};

}  // namespace cqrs
