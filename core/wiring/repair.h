// Carries out a repair plan on the files of a system that is stopped.
#pragma once

#include "core/verify/repair_plan.h"
#include "core/wiring/data_dir.h"

#include <cstdint>
#include <functional>

namespace cqrs {

// Goes through the items of a plan from the first, calling its argument for each; called several
// times. Error: the plan's, or the first one that the argument gave.
using EachRepair = std::function<Status(const std::function<Status(const RepairItem&)>&)>;

struct RepairOutcome {
  std::int64_t applied = 0;
  std::int64_t skipped = 0;     // what is there is not what the plan saw, or its events are parked
  std::int64_t impossible = 0;  // the plan has no repair for it
};

// Takes the directory's lock for as long as it works. The record is changed in one transaction, the
// views in many; each change only where the row still is the one that the plan saw, so that a plan
// may be carried out again after a crash. Errors: not_found (no such system or generation),
// already_exists (it is running: names the pid), invalid (the plan is of another write store),
// those of the stores.
[[nodiscard]] Result<RepairOutcome> apply_repair(const DataDir& dir, const RepairHeader& header,
                                                 const EachRepair& each);

}  // namespace cqrs
