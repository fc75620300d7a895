// The write store: streams with their current state, the events that led there, unique claims,
// idempotency records and credentials, all changed in one transaction or not at all. Knows nothing
// of views.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/domain/claim.h"
#include "core/domain/stream_key.h"
#include "core/events/event.h"
#include "core/write/credential.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct StreamRecord {
  StreamKey key;
  std::int64_t version = 0;
  bool deleted = false;
  std::string state;  // JSON, empty when deleted
  Digest digest;
  Position position = 0;  // of the last event
};

// What an idempotency key once led to. Only committed outcomes are kept.
struct RequestRecord {
  Uuid key;          // 128 bits of SHA-256 over principal, route and the client's key
  Uuid fingerprint;  // 128 bits of HMAC over the command: the same key with another body is refused
  StreamKey stream;
  std::int64_t version = 0;
  Position position = 0;
  bool created = false;
  Timestamp recorded_at;
};

// Everything a batch reads: what it changes, what it refers to, the claims it wants, its keys.
// Duplicates are allowed.
struct Touched {
  std::vector<StreamKey> streams;
  std::vector<Claim> claims;
  std::vector<Uuid> requests;
};

// One entry per entry of Touched, in its order.
struct Loaded {
  Position head = 0;  // position of the last committed event
  std::vector<std::optional<StreamRecord>> streams;
  std::vector<std::optional<Uuid>> claim_owners;
  std::vector<std::optional<RequestRecord>> requests;
};

struct ClaimChange {
  Claim claim;
  Uuid owner;
};

struct Changes {
  std::vector<Event> events;          // positions head+1, head+2, … in order
  std::vector<StreamRecord> streams;  // inserted or replaced, each key once
  std::vector<ClaimChange> released;  // applied before `taken`
  std::vector<ClaimChange> taken;
  std::vector<RequestRecord> requests;
  // Idempotency records older than this may be forgotten, oldest first and a bounded number at a
  // time; it is no reason of its own to write anything.
  Timestamp forget_requests_before;
  // Inserted or replaced, then upgraded; last, those of users that `streams` deletes are removed.
  std::vector<CredentialRecord> credentials;
  std::vector<CredentialUpgrade> upgrades;
  [[nodiscard]] bool empty() const {
    return events.empty() && requests.empty() && credentials.empty() && upgrades.empty();
  }
};

// Used by one thread at a time. Implementations: core/adapters/{memory,sqlite,postgres}.
class WriteStore {
 public:
  virtual ~WriteStore() = default;

  // One transaction: takes the order lock, loads everything `touched` in one go, lets `decide`
  // decide in memory, writes the changes and commits. `decide` is called once, or again when what
  // it was called with turns out not to be so: the last call counts. ok: everything is durable.
  // Errors, in each of which nothing was written:
  //   unavailable  the store cannot be reached or has no room; the same batch may be sent again
  //   internal     a statement failed although every outcome was known: one command of the batch is
  //                to blame, and the caller may halve the batch to find it
  //   corrupt      what was read cannot be right
  // in_doubt is different: the commit's own outcome is unknown; retry under the same keys only.
  [[nodiscard]] virtual Status transact(const Touched& touched,
                                        const std::function<Changes(const Loaded&)>& decide) = 0;

  // Tells those who watch the head of what transact() committed since the last call. A hint: what
  // gets lost only delays them. Apart from transact(), so that nobody who waits for an outcome
  // waits for this, too.
  virtual void announce() {}
};

}  // namespace cqrs
