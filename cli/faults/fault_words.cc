#include "cli/faults/fault_words.h"

#include <array>
#include <utility>

namespace cqrs {
namespace {

constexpr std::array<std::pair<FaultAction, std::string_view>, 8> kNames{{
    {FaultAction::kKill, "kill"},
    {FaultAction::kPause, "pause"},
    {FaultAction::kResume, "resume"},
    {FaultAction::kRestart, "restart"},
    {FaultAction::kFreeze, "freeze"},
    {FaultAction::kCut, "cut"},
    {FaultAction::kDelay, "delay"},
    {FaultAction::kHeal, "heal"},
}};

}  // namespace

std::string_view fault_action_name(FaultAction action) {
  for (const auto& [each, name] : kNames) {
    if (each == action) return name;
  }
  return "";
}

std::optional<FaultAction> find_fault_action(std::string_view name) {
  for (const auto& [each, known] : kNames) {
    if (known == name) return each;
  }
  return std::nullopt;
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
