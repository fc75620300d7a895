#include "core/write/event_import.h"

#include "core/domain/aggregate.h"
#include "core/events/codec.h"
#include "core/write/stream_record.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace cqrs {
namespace {

// A claim that an event takes or gives back, in order.
struct ClaimStep {
  std::size_t index = 0;
  bool taken = false;
  ClaimChange change;
};

class BatchFold {
 public:
  BatchFold(std::span<const Event> batch, Position head) : batch_(batch), head_(head) {
    for (const auto& event : batch) {
      if (entries_.try_emplace(event.stream).second) keys_.push_back(event.stream);
    }
  }

  [[nodiscard]] const std::vector<StreamKey>& keys() const { return keys_; }
  [[nodiscard]] std::int64_t created(Kind kind) const {
    return std::count_if(keys_.begin(), keys_.end(), [&](const StreamKey& key) {
      return key.kind == kind && entries_.at(key).is_new;
    });
  }

  Status load(const Loaded& loaded) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      Entry& entry = entries_.at(keys_[i]);
      const auto& record = loaded.streams[i];
      entry.is_new = !record;
      if (!record) continue;
      entry.version = record->version;
      if (record->deleted) continue;
      auto state = decode_state(keys_[i].kind, record->state);
      if (!state) return state.error();
      entry.state = std::move(*state);
    }
    return {};
  }

  std::optional<ImportProblem> fold() {
    std::unordered_set<Uuid> ids;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      if (!ids.insert(batch_[i].event_id).second) return ImportProblem{i, repeated_id()};
      if (auto status = fold_one(i); !status) return ImportProblem{i, status.error()};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<Claim> wanted() const {
    std::vector<Claim> claims;
    for (const auto& step : steps_) {
      if (step.taken) claims.push_back(step.change.claim);
    }
    return claims;
  }

  // `owners`: of wanted(), before this batch.
  std::optional<ImportProblem> settle_claims(const std::vector<std::optional<Uuid>>& owners) {
    const auto claims = wanted();
    owners_.clear();
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (owners[i]) owners_[claims[i]] = *owners[i];
    }
    for (const auto& step : steps_) {
      const auto& [claim, owner] = step.change;
      if (!step.taken) {
        owners_.erase(claim);
        continue;
      }
      const auto held = owners_.find(claim);
      if (held != owners_.end() && held->second != owner) {
        const std::string field(claim_field_name(claim.field));
        return ImportProblem{
            step.index, invalid("data." + field, "user " + to_string(held->second) + " has this " +
                                                     field + " already")};
      }
      owners_[claim] = owner;
    }
    return std::nullopt;
  }

  [[nodiscard]] Changes changes() const {
    Changes changes;
    changes.events.assign(batch_.begin(), batch_.end());
    for (const auto& key : keys_) {
      const Entry& entry = entries_.at(key);
      changes.streams.push_back(stream_record(key, entry.version, entry.position, entry.state));
    }
    // What is taken and given back within the batch leaves no trace; the last owner counts.
    std::unordered_set<Claim> written;
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      if (!step->taken) {
        changes.released.push_back(step->change);
        continue;
      }
      const auto owner = owners_.find(step->change.claim);
      if (owner == owners_.end() || owner->second != step->change.owner) continue;
      if (written.insert(step->change.claim).second) changes.taken.push_back(step->change);
    }
    return changes;
  }

  static Error repeated_id() { return invalid("id", "an earlier event has this id"); }

 private:
  struct Entry {
    std::optional<State> state;
    std::int64_t version = 0;
    Position position = 0;
    bool is_new = false;
  };

  Status fold_one(std::size_t index) {
    const Event& event = batch_[index];
    const Position expected = head_ + static_cast<Position>(index) + 1;
    if (event.position != expected) {
      return invalid("position", "position " + std::to_string(event.position) + " stands where " +
                                     std::to_string(expected) + " must");
    }
    Entry& entry = entries_.at(event.stream);
    const std::string name =
        std::string(kind_name(event.stream.kind)) + " " + to_string(event.stream.id);
    if (event.version != entry.version + 1) {
      return invalid("aggregateversion", "version " + std::to_string(event.version) + " of " +
                                             name + " follows version " +
                                             std::to_string(entry.version));
    }
    if (!entry.state && entry.version > 0) {
      return invalid("subject", name + " was deleted, nothing can follow");
    }
    auto body = decode_event(event.type, event.schema_version, event.data);
    if (!body)
      return invalid(body.error().field.empty() ? "data" : body.error().field,
                     body.error().message);
    const auto before = claims_at(entry);
    const bool existed = entry.state.has_value();
    evolve(entry.state, *body);
    if (!existed && !entry.state) return invalid("type", name + " does not exist yet");
    entry.version = event.version;
    entry.position = event.position;
    note_claims(index, before, claims_at(entry));
    return {};
  }

  static std::vector<Claim> claims_at(const Entry& entry) {
    return entry.state ? claims_of(*entry.state) : std::vector<Claim>();
  }

  void note_claims(std::size_t index, const std::vector<Claim>& before,
                   const std::vector<Claim>& after) {
    const auto in = [](const std::vector<Claim>& list, const Claim& claim) {
      return std::find(list.begin(), list.end(), claim) != list.end();
    };
    const Uuid& owner = batch_[index].stream.id;
    for (const auto& claim : before) {
      if (!in(after, claim)) steps_.push_back({index, false, {claim, owner}});
    }
    for (const auto& claim : after) {
      if (!in(before, claim)) steps_.push_back({index, true, {claim, owner}});
    }
  }

  std::span<const Event> batch_;
  Position head_;
  std::vector<StreamKey> keys_;
  std::unordered_map<StreamKey, Entry> entries_;
  std::vector<ClaimStep> steps_;
  std::unordered_map<Claim, Uuid> owners_;
};

}  // namespace

std::optional<ImportProblem> EventImport::add(std::span<const Event> batch) {
  if (batch.empty()) return std::nullopt;
  BatchFold fold(batch, head_);
  std::optional<ImportProblem> problem;
  // Which claims are needed is known when the events are folded, for which the streams are needed:
  // the first transaction only reads.
  Touched touched;
  touched.streams = fold.keys();
  auto status = store_.transact(touched, [&](const Loaded& loaded) {
    fold = BatchFold(batch, head_);
    problem.reset();
    if (auto decoded = fold.load(loaded); !decoded) problem = ImportProblem{{}, decoded.error()};
    if (!problem) problem = fold.fold();
    return Changes{};
  });
  if (!problem && status.ok()) {
    touched.claims = fold.wanted();
    status = store_.transact(touched, [&](const Loaded& loaded) {
      problem = fold.settle_claims(loaded.claim_owners);
      return problem ? Changes{} : fold.changes();
    });
  }
  if (problem) return problem;
  if (!status.ok() && status.error().code == ErrorCode::kInternal) {
    // Every rule was checked but one, which only the store sees: an id of an earlier batch.
    if (batch.size() == 1) return ImportProblem{0, BatchFold::repeated_id()};
    const std::size_t half = batch.size() / 2;
    if (auto first = add(batch.first(half))) return first;
    auto second = add(batch.subspan(half));
    if (second && second->index) *second->index += half;
    return second;
  }
  if (!status.ok()) return ImportProblem{{}, status.error()};
  head_ += static_cast<Position>(batch.size());
  for (const Kind kind : kAllKinds) entities_[kind] += fold.created(kind);
  return std::nullopt;
}

}  // namespace cqrs
