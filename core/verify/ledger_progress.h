// How far a run came, by its ledger: what a resume must still send. One byte per entity, so that a
// run of millions can be resumed in little memory.
#pragma once

#include "core/verify/ledger.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cqrs {

class LedgerProgress {
 public:
  // A run of which nothing has been sent.
  explicit LedgerProgress(const WorkloadShape& shape);
  // Errors: those of scan_ledger.
  [[nodiscard]] static Result<LedgerProgress> read(const std::string& path);

  [[nodiscard]] const WorkloadShape& shape() const { return shape_; }
  [[nodiscard]] Timestamp created_at() const { return created_at_; }
  // Acknowledged or rejected: never sent again.
  [[nodiscard]] bool settled(Kind kind, std::uint64_t index) const {
    return states_[kind_index(kind)][index] >= kAcknowledged;
  }
  // Commands 0 … intended(kind)-1 stand in intent blocks and may be sent.
  [[nodiscard]] std::uint64_t intended(Kind kind) const;
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  // Intended, but without an outcome that is known.
  [[nodiscard]] std::uint64_t open() const { return intended_ - acknowledged_ - rejected_; }
  [[nodiscard]] bool finished() const { return acknowledged_ + rejected_ == shape_.total(); }
  // The highest acknowledged one; 0 when there is none.
  [[nodiscard]] Position last_position() const { return last_position_; }
  [[nodiscard]] std::uint64_t whole_bytes() const { return whole_bytes_; }
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  class Reader;
  enum State : std::uint8_t { kUnsent, kIntended, kAcknowledged, kRejected };

  WorkloadShape shape_;
  Timestamp created_at_;
  std::array<std::vector<std::uint8_t>, kAllKinds.size()> states_;
  std::uint64_t intended_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t rejected_ = 0;
  Position last_position_ = 0;
  std::uint64_t whole_bytes_ = 0;
  std::uint64_t torn_bytes_ = 0;
};

struct ResumedLedger {
  LedgerProgress progress;
  std::unique_ptr<LedgerWriter> writer;
};
// Opens a ledger to write on behind its last whole block; a torn tail is cut off first. Errors:
// those of scan_ledger; invalid (another process writes to it); unavailable.
[[nodiscard]] Result<ResumedLedger> resume_ledger(const std::string& path);

}  // namespace cqrs
