// Every shipped scenario on the standard profile, scaled down: faults included.
#include "tests/e2e/support/scenario_runs.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>

namespace cqrs::e2e {
namespace {

class StandardScenario : public testing::TestWithParam<std::string> {};

TEST_P(StandardScenario, RunsScaledDownAndLosesNothing) {
  const StandardSystem system;
  system.up_standard();
  run_scenario(system, GetParam(), "0.1");
}

INSTANTIATE_TEST_SUITE_P(Shipped, StandardScenario, testing::ValuesIn(scenarios_for("standard")),
                         scenario_name);

}  // namespace
}  // namespace cqrs::e2e
