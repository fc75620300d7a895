// The shipped scenarios as tests.
#pragma once

#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cqrs::e2e {

// Names of those in scenarios/ that can run on `profile`, in order.
[[nodiscard]] std::vector<std::string> scenarios_for(const std::string& profile);
// "kill_projector", as a test may be named.
[[nodiscard]] std::string scenario_name(const testing::TestParamInfo<std::string>& info);

// Runs it with its times and data scaled by `usual` (long ones by less), and its rates by a third.
// Expects that nothing is lost, differs or stays unknown; a threshold on speed may break, because a
// test machine is whatever it is. Verifies everything once more afterwards.
void run_scenario(const TestSystem& system, const std::string& name, const std::string& usual);

}  // namespace cqrs::e2e
