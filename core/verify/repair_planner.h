// Turns findings into repairs: the events decide what stream and view must hold. What the events do
// not tell is said to be beyond repair, never guessed.
#pragma once

#include "core/verify/repair_plan.h"
#include "core/verify/verify.h"

#include <functional>

namespace cqrs {

using RepairSink = std::function<Status(const RepairItem&)>;

// Reads every entity that has a finding afresh and gives `sink` what mends it: changes of the
// record before those of the views, entity by entity. Errors: those of the sources and of `sink`.
[[nodiscard]] Status plan_repair(const VerifyLane& sources, const Findings& findings,
                                 const RepairSink& sink);

}  // namespace cqrs
