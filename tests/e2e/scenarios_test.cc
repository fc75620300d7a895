// Every shipped scenario that the embedded profile can run, scaled down: it runs, what it sends is
// understood, and nothing that was acknowledged is lost. How fast it was is not judged here.
#include "core/base/json_tree.h"

#include "tests/e2e/support/scenario_runs.h"

#include <gtest/gtest.h>

namespace cqrs::e2e {
namespace {

class EmbeddedScenario : public testing::TestWithParam<std::string> {};

TEST_P(EmbeddedScenario, RunsScaledDownAndLosesNothing) {
  const TestSystem system;
  system.up();
  run_scenario(system, GetParam(), "0.05");
}

INSTANTIATE_TEST_SUITE_P(Shipped, EmbeddedScenario, testing::ValuesIn(scenarios_for("embedded")),
                         scenario_name);

}  // namespace
}  // namespace cqrs::e2e
