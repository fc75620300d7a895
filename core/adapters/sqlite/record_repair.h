// Mends the tables of the write store from what its events tell. Only for a file that the caller
// owns (see DataDirLock) while nobody else writes to it.
#pragma once

#include "core/base/result.h"
#include "core/verify/repair_plan.h"

#include <memory>
#include <string>

namespace cqrs::sqlite {

// All changes are one transaction; without commit() none of them was made. Each answers false, and
// changes nothing, when it finds something else than the plan saw. Errors: unavailable, corrupt.
class RecordRepair {
 public:
  virtual ~RecordRepair() = default;
  [[nodiscard]] virtual Result<bool> put_stream(const RepairItem& item) = 0;
  [[nodiscard]] virtual Result<bool> move_events(const RepairItem& item) = 0;
  // Only the last event of the record, and only while an earlier copy of it is there.
  [[nodiscard]] virtual Result<bool> remove_event(const RepairItem& item) = 0;
  // Also makes the indexes unique again where damage had replaced them and no copy is left.
  [[nodiscard]] virtual Status commit() = 0;
};

[[nodiscard]] Result<std::unique_ptr<RecordRepair>> begin_record_repair(const std::string& path);

}  // namespace cqrs::sqlite
