// Mends the record from what its events tell. Only while the caller owns the record and nobody else
// changes it.
#pragma once

#include "core/base/result.h"
#include "core/verify/repair_plan.h"

#include <functional>

namespace cqrs {

// The changes of one transaction. Each answers false, and changes nothing, when it finds something
// else than the plan saw. Errors: unavailable, corrupt. Used by one thread.
class RecordRepair {
 public:
  virtual ~RecordRepair() = default;
  [[nodiscard]] virtual Result<bool> put_stream(const RepairItem& item) = 0;
  [[nodiscard]] virtual Result<bool> move_events(const RepairItem& item) = 0;
  // Only the last event of the record, and only while an earlier copy of it is there.
  [[nodiscard]] virtual Result<bool> remove_event(const RepairItem& item) = 0;
};

// What an adapter carries out in one transaction: all of it, or nothing when it gives an error.
using RecordWork = std::function<Status(RecordRepair&)>;

}  // namespace cqrs
