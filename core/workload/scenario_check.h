// What must be true of a scenario as a whole, wherever it comes from: that its operations find
// something to act on, that its phases go together, that its faults have something to break.
#pragma once

#include "core/workload/scenario.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// The words of scenarios and of --fault.
[[nodiscard]] std::string_view name_of(FaultAction action);
[[nodiscard]] std::optional<FaultAction> find_fault_action(std::string_view name);

struct ScenarioProblem {
  std::string place;  // "phases[1].mix", "faults[0]", "skew.users": by the scenario's own indexes
  std::string what;   // what is wrong, the limit, the way out
};

// All of them; none: it can be run. Limits of single values are the readers' business.
[[nodiscard]] std::vector<ScenarioProblem> problems_of(const Scenario& scenario);

// Why the scenario cannot run on `profile` ("embedded", "standard", "foreign"). Error invalid,
// field "profile".
[[nodiscard]] Status check_profile(const Scenario& scenario, std::string_view profile);

// Whether a threshold's {phase=TAG} means this phase: its name, or the name that its stages came
// from ("peak" means "peak 1", "peak 2", …).
[[nodiscard]] bool is_phase(std::string_view tag, std::string_view phase);

// The operations that a phase due by its schedule sends in all; 0 of a closed one.
[[nodiscard]] double expected_operations(const Phase& phase);

}  // namespace cqrs
