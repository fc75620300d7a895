// Carries out a repair plan on a system that is stopped, whichever profile its directory has.
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

// What the user agreed to.
struct RepairConsent {
  // Standard profile: delete the topics, and have all of them filled anew from the record, when the
  // plan asks for it or changes events that were published otherwise.
  bool renew_topics = false;
};

// Takes the lock of the directory or, on the standard profile, the leases of projector and relay,
// for as long as it works. The record is changed in one transaction, the views in many; each change
// only where the row still is the one that the plan saw, so that a plan may be carried out again
// after a crash. Errors: not_found (no such system or generation), already_exists (it is running:
// names the owner), invalid (the plan is of another write store, or needs consent: names the
// option), those of the stores.
[[nodiscard]] Result<RepairOutcome> apply_repair(const DataDir& dir, const RepairHeader& header,
                                                 const EachRepair& each,
                                                 const RepairConsent& consent = {});

}  // namespace cqrs
