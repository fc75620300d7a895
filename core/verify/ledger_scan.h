// Walks a ledger file block by block without keeping it: what Ledger and LedgerProgress are made
// of.
#pragma once

#include "core/verify/ledger.h"

#include <cstdint>
#include <string>

namespace cqrs {

// Gets what stands in the file, in its order. An error ends the walk.
class LedgerVisitor {
 public:
  LedgerVisitor() = default;
  LedgerVisitor(const LedgerVisitor&) = delete;
  LedgerVisitor& operator=(const LedgerVisitor&) = delete;
  virtual ~LedgerVisitor() = default;
  // First of all, once.
  [[nodiscard]] virtual Status begin(const WorkloadShape& shape) = 0;
  // Within the shape.
  [[nodiscard]] virtual Status intent(const LedgerIntent& intent) = 0;
  [[nodiscard]] virtual Status outcome(const LedgerOutcome& outcome) = 0;
};

struct LedgerScan {
  WorkloadShape shape;
  Timestamp created_at;
  std::uint64_t whole_bytes = 0;  // the header and every whole block
  std::uint64_t torn_bytes = 0;   // behind them: what a crash left of the last writes
};

// Errors: not_found; corrupt (not a ledger, or a block that is not whole with a whole one behind
// it: names the byte); whatever the visitor says.
[[nodiscard]] Result<LedgerScan> scan_ledger(const std::string& path, LedgerVisitor& visitor);

}  // namespace cqrs
