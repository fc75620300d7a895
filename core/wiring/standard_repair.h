// Repair plans on the standard profile: who may not work meanwhile, and what becomes of the topics.
#pragma once

#include "core/wiring/repair.h"
#include "core/wiring/standard_config.h"

namespace cqrs::standard {

// See apply_repair().
[[nodiscard]] Result<RepairOutcome> repair(const StandardConfig& config, const RepairHeader& header,
                                           const EachRepair& each, const RepairConsent& consent);

}  // namespace cqrs::standard
