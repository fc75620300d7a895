// Every file in scenarios/ is a scenario, and so is its smaller copy.
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_file.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace cqrs {
namespace {

using support::is_ok;

std::vector<std::filesystem::path> shipped() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(CQRS_SOURCE_DIR) + "/scenarios")) {
    if (entry.path().extension() == ".json" && entry.path().stem() != "schema") {
      paths.push_back(entry.path());
    }
  }
  return paths;
}

Result<Scenario> read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return parse_scenario(text.str(), path.filename().string());
}

TEST(ShippedScenarios, AllThatArePromisedAreThere) {
  std::set<std::string> names;
  for (const auto& path : shipped()) names.insert(path.stem());
  for (const char* name :
       {"hot-product", "kill-projector", "mixed-70-20-10", "order-lifecycle", "outage-broker",
        "read-heavy", "rolling-restart", "seed-300k", "smoke", "soak", "write-burst"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(ShippedScenarios, EachIsReadAndSaysWhatItIsFor) {
  for (const auto& path : shipped()) {
    const auto scenario = read(path);
    ASSERT_THAT(scenario, is_ok());
    EXPECT_EQ(scenario->name, path.stem());
    EXPECT_GT(scenario->description.size(), 60U) << path;
    EXPECT_FALSE(scenario->slos.empty()) << path;
    EXPECT_EQ(scenario->expect.verdict, "pass") << path;
  }
}

TEST(ShippedScenarios, FaultsAreOnlyWhereTheProfileHasThePart) {
  for (const auto& path : shipped()) {
    const auto scenario = read(path);
    ASSERT_THAT(scenario, is_ok());
    EXPECT_EQ(check_profile(*scenario, "embedded").ok(), scenario->faults.empty()) << path;
    EXPECT_THAT(check_profile(*scenario, "standard"), is_ok()) << path;
  }
}

TEST(ShippedScenarios, EachHasASmallerCopyOfTheSameShape) {
  for (const auto& path : shipped()) {
    const auto scenario = read(path);
    ASSERT_THAT(scenario, is_ok());
    const Scenario small = scaled(*scenario, 0.05, 0.2);
    EXPECT_LE(small.duration(), std::chrono::minutes(4)) << path;
    EXPECT_EQ(small.faults.size(), scenario->faults.size());
    const auto again = parse_scenario(scenario_json(small).dump(1), path.string());
    ASSERT_THAT(again, is_ok());
    EXPECT_EQ(*again, small) << path;
  }
}

TEST(ShippedScenarios, TheDocumentsExampleIsOne) {
  std::ifstream file(std::string(CQRS_SOURCE_DIR) + "/docs/formats/scenario.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const std::string fence = "```json\n";
  const auto start = document.find(fence);
  ASSERT_NE(start, std::string::npos);
  const auto from = start + fence.size();
  const auto example = document.substr(from, document.find("```", from) - from);
  EXPECT_THAT(parse_scenario(example, "scenario.md"), is_ok());
}

TEST(ShippedScenarios, Seed300kCreatesThatManyOfEach) {
  for (const auto& path : shipped()) {
    if (path.stem() != "seed-300k") continue;
    const auto scenario = read(path);
    ASSERT_THAT(scenario, is_ok());
    EXPECT_EQ(expected_operations(scenario->phases[0]), 600'000);
    EXPECT_EQ(expected_operations(scenario->phases[1]), 300'000);
  }
}

}  // namespace
}  // namespace cqrs
