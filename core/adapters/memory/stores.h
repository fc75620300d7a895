// In-memory implementations of the write side's and the read side's ports, for tests and
// simulations. What is durable lives in a MemoryRecord or MemoryViews, which outlives the stores
// opened on it.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/read_store.h"
#include "core/write/credential_reader.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cqrs::memory {

// What becomes of one call of a store, as a test plans it.
enum class Fault : std::uint8_t {
  kNone,
  kNotDone,             // answers unavailable and does nothing
  kDoneUnacknowledged,  // does it; transact answers in_doubt, everything else unavailable
  kCrashBefore,         // throws Crash and does nothing
  kCrashAfter,          // does it and throws Crash
};

// Asked at the beginning of every call, by the method's name ("transact", "commit" …).
using FaultPlan = std::function<Fault(std::string_view call)>;

// The caller's process ends here: it unwinds, and only what is in MemoryRecord and MemoryViews
// stays.
struct Crash {};

// The durable side of WriteStore, History and CredentialReader. Public so that a test can look at
// it, or damage it.
struct MemoryRecord {
  explicit MemoryRecord(const Uuid& id = make_uuid_v7(1, 1, 1)) : incarnation(id) {}

  Uuid incarnation;
  std::vector<Event> events;
  std::map<StreamKey, StreamRecord> streams;
  std::map<Claim, Uuid> claims;
  std::map<Uuid, RequestRecord> requests;
  std::map<Uuid, CredentialRecord> credentials;
  std::unordered_set<Uuid> event_ids;
};

// The durable side of ProjectionStore and ReadStore.
struct MemoryViews {
  std::int64_t epoch = 0;
  Checkpoint checkpoint;
  std::map<StreamKey, ViewRow> rows;
  std::map<std::pair<StreamKey, std::int64_t>, ParkedEvent> parked;  // by version; the first stays
};

// The record or views must outlive the store. Not thread-safe.
[[nodiscard]] std::unique_ptr<WriteStore> open_write_store(MemoryRecord& record,
                                                           FaultPlan plan = {});
[[nodiscard]] std::unique_ptr<History> open_history(MemoryRecord& record, FaultPlan plan = {});
[[nodiscard]] std::unique_ptr<CredentialReader> open_credentials(MemoryRecord& record,
                                                                 FaultPlan plan = {});
[[nodiscard]] std::unique_ptr<ProjectionStore> open_projection_store(MemoryViews& views,
                                                                     FaultPlan plan = {});
[[nodiscard]] std::unique_ptr<ReadStore> open_read_store(MemoryViews& views, FaultPlan plan = {});

}  // namespace cqrs::memory
