// Faults by their names, as options, scenarios, records and errors have them.
#pragma once

#include "core/workload/scenario.h"

#include <string>
#include <string_view>

namespace cqrs {

// "kill", "pause", "resume", "restart", "freeze", "cut", "delay", "heal".
[[nodiscard]] std::string_view fault_action_name(FaultAction action);
// "kill projector", "delay postgres by 20 ms".
[[nodiscard]] std::string fault_text(const Fault& fault);
// resume, restart, heal: what ends something, and has no end of its own.
[[nodiscard]] bool ends_others(FaultAction action);
// What ends this: kill by restart, pause by resume, the others by heal.
[[nodiscard]] FaultAction ending_of(FaultAction action);
// Whether `ending` ends a fault of this action on the same target. A restart also ends a pause.
[[nodiscard]] bool ends(FaultAction ending, FaultAction action);

}  // namespace cqrs
