#include "tests/e2e/support/scenario_runs.h"

#include <algorithm>
#include <filesystem>

namespace cqrs::e2e {

std::vector<std::string> scenarios_for(const std::string& profile) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CQRS_SOURCE_DIR "/scenarios")) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".json" || name == "schema") continue;
    const Json scenario = Json::parse(read_text(entry.path()), nullptr, false);
    const Json profiles = scenario.value("profiles", Json::array());
    const bool fits = profiles.empty() ||
                      std::find(profiles.begin(), profiles.end(), Json(profile)) != profiles.end();
    if (fits) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string scenario_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void run_scenario(const TestSystem& system, const std::string& name, const std::string& usual) {
  // These last long by design.
  const std::string scale = name == "soak" ? "0.001" : name == "seed-300k" ? "0.01" : usual;
  const Finished load =
      system.ctl({"load", "--scenario", CQRS_SOURCE_DIR "/scenarios/" + name + ".json", "--scale",
                  scale, "--rate-scale", "0.33", "-o", "json"},
                 std::chrono::minutes(4));
  const Json result = load.json();
  EXPECT_TRUE(load.exit_code == 0 || load.exit_code == 99 || load.exit_code == 5) << load;
  EXPECT_EQ(result.value("lost", -1), 0) << load;
  EXPECT_EQ(result.value("indeterminate", -1), 0) << load;
  EXPECT_GT(result.value("acked", 0), 0) << load;
  const Json verify = system.ctl_json({"verify", "--mode", "deep"}, 0, std::chrono::minutes(2));
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  expect_no_differences(verify);
}

}  // namespace cqrs::e2e
