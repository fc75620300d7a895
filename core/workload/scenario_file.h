// Scenarios as files: scenarios/*.json, after scenarios/schema.json. The reader is strict: a member
// that it does not know, or a value outside of its limits, is an error with file, line and fix.
#pragma once

#include "core/base/json_tree.h"
#include "core/base/result.h"
#include "core/workload/scenario.h"

#include <string_view>

namespace cqrs {

// Error invalid: every problem on a line of its own, in order of the file's lines (at most 20):
// "scenarios/mix.json:17: phases[1].mix: there is no operation "create_ordr": did you mean
// create_order?". Stages become phases "NAME 1", "NAME 2", …; faults come in order of time, the
// parts of a mix in order of their operations.
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text, std::string_view file_name);

// The canonical form, every value spelled out: parse_scenario() makes an equal scenario of it.
[[nodiscard]] Json scenario_json(const Scenario& scenario);

// The same shape, smaller, for quick runs and tests: durations, data and times of faults by
// `time_factor` (a phase lasts at least 1 s, or what it lasted; faults stay at the same part of
// their phase), rates and clients by `rate_factor`. Both above 0 and at most 1.
[[nodiscard]] Scenario scaled(const Scenario& scenario, double time_factor, double rate_factor);

}  // namespace cqrs
