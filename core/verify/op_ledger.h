// The ledger of a load: which operations of a schedule could be sent, written first, and what
// became of each that was: 64 bytes with the mark that a command must have left. Unlike the ledger
// of a seed it holds any mix of commands, any number of them on one entity. Format:
// docs/formats/ledger.md.
#pragma once

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json_tree.h"
#include "core/events/event.h"
#include "core/verify/ledger.h"
#include "core/workload/op_values.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cqrs {

// 64 bytes on disk. Of one number the last outcome counts, except that an acknowledgement is final.
struct OpOutcomeRecord {
  LedgerStatus status = LedgerStatus::kIndeterminate;
  Operation operation = Operation::kCreateUser;
  std::uint64_t number = 0;
  Uuid id;                               // of the entity; nil for lists and searches
  std::int64_t version = 0;              // acknowledged, or seen by a read; 0: none
  Position position = 0;                 // acknowledged; 0: none
  Digest mark;                           // of a command: OpValues::mark()
  Timestamp scheduled;                   // when it was due
  std::uint32_t sent_after_us = 0;       // from then to its sending …
  std::uint32_t completed_after_us = 0;  // … and to its outcome; saturated at 71 minutes
};

// What a run is, as the first thing in its ledger.
struct OpLedgerHead {
  WorkloadShape data;  // seed, and the entities that were there before
  std::uint32_t shard = 1;
  std::uint32_t shards = 1;
  Timestamp created_at;
  std::string name;  // of the scenario
  std::string target;
  Json scenario = Json::object();
};

// Used by one thread.
class OpLedgerWriter {
 public:
  virtual ~OpLedgerWriter() = default;
  // Operations up to `last` of the schedule may be sent from now on; durable before it returns.
  [[nodiscard]] virtual Status intend(std::uint64_t last) = 0;
  // Buffered; a full block is written out by itself.
  [[nodiscard]] virtual Status record(const OpOutcomeRecord& outcome) = 0;
  // The regular end: nothing from number `next` on was ever sent. Durable before it returns.
  [[nodiscard]] virtual Status close(std::uint64_t next) = 0;
  [[nodiscard]] virtual Status sync() = 0;
};

// Creates a new file, whole or not at all, and holds a lock on it. Errors: already_exists,
// unavailable.
[[nodiscard]] Result<std::unique_ptr<OpLedgerWriter>> create_op_ledger(const std::string& path,
                                                                       const OpLedgerHead& head);

struct OpLedgerScan {
  OpLedgerHead head;
  std::uint64_t intended_to = 0;  // numbers below it may have been sent
  bool closed = false;            // the run came to its end
  std::uint64_t torn_bytes = 0;   // at the end, ignored
  bool being_written = false;
};
// Hands every outcome of the file to `visit`, in its order. Errors: not_found; corrupt (not such a
// ledger, or damaged before its end: names the byte); whatever `visit` says.
[[nodiscard]] Result<OpLedgerScan> scan_op_ledger(
    const std::string& path, const std::function<Status(const OpOutcomeRecord&)>& visit);
// Its head alone. Errors: not_found, corrupt.
[[nodiscard]] Result<OpLedgerHead> read_op_ledger_head(const std::string& path);
// Whether the file begins like one; false when it cannot be read.
[[nodiscard]] bool is_op_ledger(const std::string& path);

}  // namespace cqrs
