#include "core/write/batch_decision.h"

#include "core/events/codec.h"
#include "core/write/stream_record.h"

#include <algorithm>

namespace cqrs {
namespace {

std::string version_text(std::int64_t version) {
  return version == 0 ? "does not exist" : "is at version " + std::to_string(version);
}

Error deleted(const Command& command) {
  const std::string kind(kind_name(command.target.kind));
  return creates(command.body)
             ? make_error(ErrorCode::kAlreadyExists,
                          "this id belonged to a " + kind + " that was deleted: choose another id",
                          "id")
             : make_error(ErrorCode::kNotFound, "this " + kind + " was deleted", "id");
}

}  // namespace

Touched touched_by(std::span<const Command> batch) {
  Touched touched;
  touched.streams.reserve(batch.size() * 2);
  for (const auto& command : batch) {
    touched.streams.push_back(command.target);
    for (const auto& key : references_of(command.body)) touched.streams.push_back(key);
    for (auto& claim : claims_wanted(command.body)) touched.claims.push_back(std::move(claim));
    if (command.idempotency) touched.requests.push_back(command.idempotency->key);
  }
  std::sort(touched.streams.begin(), touched.streams.end());
  touched.streams.erase(std::unique(touched.streams.begin(), touched.streams.end()),
                        touched.streams.end());
  return touched;
}

BatchDecision::BatchDecision(const Touched& touched, const Loaded& loaded, Timestamp now,
                             UuidV7Source& event_ids)
    : now_(now), event_ids_(event_ids), head_(loaded.head) {
  entries_.reserve(touched.streams.size());
  for (std::size_t i = 0; i < touched.streams.size(); ++i) {
    Entry& entry = entries_[touched.streams[i]];
    const auto& record = loaded.streams[i];
    if (!record) continue;
    entry.version = record->version;
    entry.position = record->position;
    entry.deleted = record->deleted;
    if (!record->deleted) entry.unread = &*record;
  }
  for (std::size_t i = 0; i < touched.claims.size(); ++i) {
    if (loaded.claim_owners[i]) owners_[touched.claims[i]] = *loaded.claim_owners[i];
  }
  for (const auto& request : loaded.requests) {
    if (request) requests_[request->key] = *request;
  }
  references_.user_exists = [this](const Uuid& id) {
    const Entry* entry = find({Kind::kUser, id});
    return entry != nullptr && entry->exists();
  };
  references_.product = [this](const Uuid& id) -> const ProductState* {
    Entry* entry = find({Kind::kProduct, id});
    if (entry == nullptr) return nullptr;
    read_state(*entry);
    return entry->state ? std::get_if<ProductState>(&*entry->state) : nullptr;
  };
}

BatchDecision::Entry* BatchDecision::find(const StreamKey& key) {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

void BatchDecision::read_state(Entry& entry) {
  if (entry.unread == nullptr) return;
  auto state = decode_state(entry.unread->key.kind, entry.unread->state);
  entry.unread = nullptr;
  if (state) {
    entry.state = std::move(*state);
  } else {
    entry.unreadable = state.error();
  }
}

Result<std::optional<Accepted>> BatchDecision::earlier_outcome(const Command& command) const {
  if (!command.idempotency) return std::optional<Accepted>();
  const auto at = requests_.find(command.idempotency->key);
  if (at == requests_.end()) return std::optional<Accepted>();
  const RequestRecord& record = at->second;
  if (record.fingerprint != command.idempotency->fingerprint) {
    return make_error(ErrorCode::kAlreadyExists,
                      "this Idempotency-Key was used for another command: send a new key",
                      "Idempotency-Key");
  }
  return std::optional<Accepted>(
      Accepted{record.stream, record.version, record.position, record.created, true});
}

Outcome BatchDecision::decide_one(const Command& command) {
  auto earlier = earlier_outcome(command);
  if (!earlier) return earlier.error();
  if (*earlier) return **earlier;

  Entry& entry = entries_.at(command.target);
  read_state(entry);
  if (entry.unreadable) return *entry.unreadable;
  // Before the version: whatever was expected of it, reading it again will not help.
  if (entry.deleted) return deleted(command);
  if (command.expected_version && *command.expected_version != entry.version) {
    return make_error(ErrorCode::kVersionConflict,
                      "expected version " + std::to_string(*command.expected_version) +
                          ", but the " + std::string(kind_name(command.target.kind)) + " " +
                          version_text(entry.version) + ": read it again and decide anew",
                      "expected_version");
  }
  auto events = decide(entry.state ? &*entry.state : nullptr, command.body, references_);
  if (!events) return events.error();
  return apply(command, entry, *events);
}

Status BatchDecision::check_claims(const StreamKey& owner, const State* before,
                                   const std::vector<EventBody>& events,
                                   std::vector<Claim>& released, std::vector<Claim>& taken) {
  if (owner.kind != Kind::kUser) return {};
  std::optional<State> after;
  if (before != nullptr) after = *before;
  for (const auto& event : events) evolve(after, event);
  const auto old_claims = before == nullptr ? std::vector<Claim>() : claims_of(*before);
  const auto new_claims = after ? claims_of(*after) : std::vector<Claim>();
  const auto in = [](const std::vector<Claim>& list, const Claim& claim) {
    return std::find(list.begin(), list.end(), claim) != list.end();
  };
  for (const auto& claim : new_claims) {
    if (in(old_claims, claim)) continue;
    const auto held = owners_.find(claim);
    if (held != owners_.end() && held->second != owner.id) {
      const std::string field(claim_field_name(claim.field));
      return make_error(ErrorCode::kAlreadyExists, "another user has this " + field, field);
    }
    taken.push_back(claim);
  }
  for (const auto& claim : old_claims) {
    if (!in(new_claims, claim)) released.push_back(claim);
  }
  return {};
}

Outcome BatchDecision::apply(const Command& command, Entry& entry,
                             const std::vector<EventBody>& events) {
  std::vector<Claim> released;
  std::vector<Claim> taken;
  CQRS_TRY(
      check_claims(command.target, entry.state ? &*entry.state : nullptr, events, released, taken));
  const bool created = entry.version == 0;
  for (const auto& body : events) {
    Event event;
    event.position = ++head_;
    event.event_id = event_ids_.next(now_.millis());
    event.stream = command.target;
    event.version = ++entry.version;
    event.type = event_type(body);
    event.schema_version = schema_version(body);
    append_event_data(event.data, body);
    event.traceparent = command.traceparent;
    event.recorded_at = now_;
    entry.position = event.position;
    evolve(entry.state, body);
    changes_.events.push_back(std::move(event));
  }
  if (!events.empty()) entry.deleted = !entry.state;
  if (!events.empty() && !entry.changed) {
    entry.changed = true;
    changed_.push_back(command.target);
  }
  for (auto& claim : released) {
    owners_.erase(claim);
    changes_.released.push_back({std::move(claim), command.target.id});
  }
  for (auto& claim : taken) {
    owners_[claim] = command.target.id;
    changes_.taken.push_back({std::move(claim), command.target.id});
  }
  if (command.credential) {
    changes_.credentials.push_back({command.target.id, *command.credential, now_});
  }
  const Accepted accepted{command.target, entry.version, entry.position, created, false};
  remember(command, accepted);
  return accepted;
}

void BatchDecision::remember(const Command& command, const Accepted& accepted) {
  if (!command.idempotency) return;
  const RequestRecord record{command.idempotency->key,
                             command.idempotency->fingerprint,
                             accepted.stream,
                             accepted.version,
                             accepted.position,
                             accepted.created,
                             now_};
  requests_[record.key] = record;
  changes_.requests.push_back(record);
}

Changes BatchDecision::take_changes() {
  changes_.forget_requests_before.micros =
      now_.micros - std::chrono::microseconds(kRequestsKept).count();
  for (const auto& key : changed_) {
    const Entry& entry = entries_.at(key);
    changes_.streams.push_back(stream_record(key, entry.version, entry.position, entry.state));
  }
  // A claim taken and released within one batch leaves no trace; the last owner counts.
  std::unordered_map<Claim, Uuid> last;
  for (const auto& change : changes_.taken) last[change.claim] = change.owner;
  std::vector<ClaimChange> taken;
  for (auto& change : changes_.taken) {
    const auto owner = owners_.find(change.claim);
    if (owner == owners_.end() || owner->second != change.owner) continue;
    const auto at = last.find(change.claim);
    if (at == last.end()) continue;
    last.erase(at);
    taken.push_back(std::move(change));
  }
  changes_.taken = std::move(taken);
  return std::move(changes_);
}

}  // namespace cqrs
