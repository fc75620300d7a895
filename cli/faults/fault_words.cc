#include "cli/faults/fault_words.h"

#include "core/workload/scenario_limits.h"

namespace cqrs {

std::string_view fault_action_name(FaultAction action) {
  return scenario_limits::kActions.at(static_cast<std::size_t>(action));
}

std::string fault_text(const Fault& fault) {
  std::string text(fault_action_name(fault.action));
  text += " " + fault.target;
  if (fault.action == FaultAction::kDelay) {
    text += " by " + std::to_string(fault.delay.count()) + " ms";
  }
  return text;
}

bool ends_others(FaultAction action) {
  return action == FaultAction::kResume || action == FaultAction::kRestart ||
         action == FaultAction::kHeal;
}

FaultAction ending_of(FaultAction action) {
  switch (action) {
    case FaultAction::kKill:
      return FaultAction::kRestart;
    case FaultAction::kPause:
      return FaultAction::kResume;
    default:
      return FaultAction::kHeal;
  }
}

bool ends(FaultAction ending, FaultAction action) {
  if (!ends_others(ending) || ends_others(action)) return false;
  return ending_of(action) == ending ||
         (ending == FaultAction::kRestart && action == FaultAction::kPause);
}

}  // namespace cqrs
