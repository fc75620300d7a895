// Thousands of seeded lives of a whole system with faults at every durable call. Without a planted
// bug none may break an invariant; with one, the simulation must notice within a few seeds.
// CQRS_SIM_SEED=<n> runs that one seed instead of many.
#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace cqrs::simulation {
namespace {

constexpr std::uint64_t kSeedsPerTest = 500;
constexpr std::uint64_t kSeedsToFindABug = 200;

std::string reproduce(std::uint64_t seed, const std::string& violation) {
  return "seed " + std::to_string(seed) + ": " + violation +
         "\n  reproduce with CQRS_SIM_SEED=" + std::to_string(seed);
}

// In several tests, so that CTest can run them side by side.
class Seeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Seeds, BreakNoInvariant) {
  std::uint64_t first = GetParam();
  std::uint64_t last = first + kSeedsPerTest - 1;
  if (const char* seed = std::getenv("CQRS_SIM_SEED")) {
    first = last = std::strtoull(seed, nullptr, 10);
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Violation violation = simulate(seed);
    ASSERT_FALSE(violation.has_value()) << reproduce(seed, *violation);
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Values(1, 501, 1'001, 1'501),
                         [](const testing::TestParamInfo<std::uint64_t>& info) {
                           return "From" + std::to_string(info.param);
                         });

TEST(Simulation, SameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(simulate(seed, PlantedBug::kCheckpointAhead),
              simulate(seed, PlantedBug::kCheckpointAhead));
  }
}

class PlantedBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedBugs, AreFound) {
  for (std::uint64_t seed = 1; seed <= kSeedsToFindABug; ++seed) {
    if (const Violation violation = simulate(seed, GetParam())) {
      RecordProperty("seed", std::to_string(seed));
      RecordProperty("violation", *violation);
      return;
    }
  }
  FAIL() << "not found within " << kSeedsToFindABug << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedBugs, testing::ValuesIn(kAllBugs),
                         [](const testing::TestParamInfo<PlantedBug>& info) {
                           return std::string(bug_name(info.param));
                         });

}  // namespace
}  // namespace cqrs::simulation
