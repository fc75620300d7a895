// The ledger: what a client meant to send, written before it was sent, and what became of it. With
// the seed it proves afterwards which acknowledged writes must exist. Format:
// docs/formats/ledger.md.
#pragma once

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/events/event.h"
#include "core/workload/generator.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

enum class LedgerStatus : std::uint8_t { kAcknowledged = 1, kRejected = 2, kIndeterminate = 3 };
[[nodiscard]] std::string_view ledger_status_name(LedgerStatus status);

// 56 bytes on disk. A later outcome of the same (kind, index) replaces an earlier indeterminate
// one.
struct LedgerOutcome {
  LedgerStatus status = LedgerStatus::kIndeterminate;
  Kind kind = Kind::kUser;
  std::uint64_t index = 0;
  Uuid id;
  std::int64_t version = 0;
  Position position = 0;
  Digest digest;  // of what the client sent, by the published rules
  Timestamp completed_at;
};

struct LedgerIntent {
  Kind kind = Kind::kUser;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};

// Appends to a ledger file. Used by one thread. Blocks carry a CRC each; sync() makes everything
// appended so far durable.
class LedgerWriter {
 public:
  virtual ~LedgerWriter() = default;
  // Durable before it returns: only then may these commands be sent.
  [[nodiscard]] virtual Status intend(const LedgerIntent& intent) = 0;
  // Buffered; a full block is written out by itself.
  [[nodiscard]] virtual Status record(const LedgerOutcome& outcome) = 0;
  [[nodiscard]] virtual Status sync() = 0;
};

// Creates a new file, whole or not at all. The writer holds a lock on it until its own end or that
// of the process. Errors: already_exists (the file is there), unavailable.
[[nodiscard]] Result<std::unique_ptr<LedgerWriter>> create_ledger(const std::string& path,
                                                                  const WorkloadShape& shape,
                                                                  Timestamp now);

struct LedgerSummary {
  WorkloadShape shape;
  Timestamp created_at;
  std::uint64_t intended = 0;  // commands in intent blocks
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;  // outcome indeterminate, or intended without any outcome
  std::uint64_t torn_bytes = 0;     // at the end, ignored: a block that was being written
  bool being_written = false;       // what is indeterminate is in flight
};

// A whole ledger in memory: 24 bytes per intended command.
class Ledger {
 public:
  // Errors: not_found, corrupt (not a ledger, or damaged before its end: names the byte).
  [[nodiscard]] static Result<Ledger> read(const std::string& path);

  struct Entry {
    LedgerStatus status = LedgerStatus::kIndeterminate;
    bool intended = false;
    std::int32_t version = 0;
    Position position = 0;
    Digest digest;
  };
  // Entries 0 … count(kind)-1 of the shape.
  [[nodiscard]] const std::vector<Entry>& entries(Kind kind) const {
    return entries_[kind_index(kind)];
  }
  // Takes over what another run of the same shape found out: an acknowledgement is final, and any
  // known outcome replaces an unknown one.
  void merge(const Ledger& other);
  [[nodiscard]] LedgerSummary summary() const;
  [[nodiscard]] const WorkloadShape& shape() const { return summary_.shape; }
  // Whether somebody was writing to it when it was read, or to one that was merged into it.
  [[nodiscard]] bool being_written() const { return summary_.being_written; }

 private:
  LedgerSummary summary_;
  std::array<std::vector<Entry>, kAllKinds.size()> entries_;
  class Reader;
};

}  // namespace cqrs
