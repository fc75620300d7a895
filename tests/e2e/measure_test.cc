// `ceilings` and `growth`: small runs give every figure that scripts rely on, leave nothing behind,
// whatever ends them, and touch no other system.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

void expect_positive(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    ASSERT_TRUE(object.contains(name)) << "no field " << name << " in " << object.dump();
    EXPECT_GT(object.at(name).get<double>(), 0) << name << " in " << object.dump();
  }
}

// The directory that holds the data directory; scratch directories are made beside that one.
std::vector<std::string> entries_beside(const TestSystem& system) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(system.dir()).parent_path())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool a_service_runs_beside(const TestSystem& system) {
  for (const auto& name : entries_beside(system)) {
    if (name.find(".ceilings-") == std::string::npos &&
        name.find(".growth-") == std::string::npos) {
      continue;
    }
    const std::string run =
        std::filesystem::path(system.dir()).parent_path().string() + "/" + name + "/data/run.json";
    if (std::filesystem::exists(run)) return true;
  }
  return false;
}

// Processes whose command line names a path inside `directory`.
int processes_in(const std::string& directory) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_text(entry.path().string() + "/cmdline").find(directory) != std::string::npos) ++found;
  }
  return found;
}

TEST(Ceilings, GiveEveryRateAndItsRatio) {
  const TestSystem system;
  const auto before = entries_beside(system);
  const Json out = system.ctl_json({"ceilings", "--rounds", "2", "--seconds", "0.1"});
  expect_positive(out, {"http_noop_per_s", "store_commit_per_s", "log_append_per_s",
                        "read_apply_per_s", "end_to_end_per_s", "end_to_end_over_http_noop",
                        "disk_append_per_s", "record_read_per_s", "group", "processors"});
  EXPECT_NEAR(out.at("end_to_end_over_http_noop").get<double>(),
              out.at("end_to_end_per_s").get<double>() / out.at("http_noop_per_s").get<double>(),
              1e-9);
  EXPECT_EQ(out.at("rounds").at("end_to_end_per_s").size(), 2U);
  expect_positive(out.at("cpu_us_per_entity"),
                  {"client", "http", "decide", "store", "project", "total"});
  EXPECT_EQ(entries_beside(system), before);
}

TEST(Ceilings, TellPeopleWhatLimits) {
  const TestSystem system;
  const Finished finished = system.ctl({"ceilings", "--rounds", "1", "--seconds", "0.1"});
  ASSERT_EQ(finished.exit_code, 0) << finished;
  for (const char* part : {"HTTP no-op", "store commit", "log append", "read-store apply",
                           "end to end", "cost", "limit"}) {
    EXPECT_NE(finished.out.find(part), std::string::npos) << part << " in " << finished;
  }
}

TEST(Growth, GivesTheCostAtEveryPointAndTheExponent) {
  const TestSystem system;
  const auto before = entries_beside(system);
  const Json out = system.ctl_json({"growth", "--points", "300,900,1800"});
  ASSERT_EQ(out.at("points").size(), 3U) << out;
  std::uint64_t last = 0;
  for (const Json& point : out.at("points")) {
    expect_positive(point, {"cpu_us_per_entity", "wall_us_per_entity", "bytes_per_entity",
                            "wal_bytes_per_entity", "rss_bytes"});
    EXPECT_GT(point.at("entities").get<std::uint64_t>(), last);
    last = point.at("entities").get<std::uint64_t>();
    // What a log holds, it holds at least once.
    EXPECT_GT(point.at("wal_bytes_per_entity").get<double>(), 300) << point;
  }
  expect_positive(out, {"exponent", "ratio_last_first"});
  EXPECT_EQ(entries_beside(system), before);
}

// The user's own system goes on beside the measurement, untouched.
TEST(Growth, LeavesARunningSystemAlone) {
  const TestSystem system;
  system.up();
  (void)system.ctl_json({"growth", "--points", "300,600"});
  EXPECT_EQ(system.head(), 0);
}

TEST(Noop, IsNotServedByAnOrdinarySystem) {
  const TestSystem system;
  system.up();
  EXPECT_EQ(system.ask("POST", "/v1/noop", "{}").status, 404);
}

class Interrupted : public testing::TestWithParam<const char*> {};

TEST_P(Interrupted, LeavesNeitherFilesNorProcesses) {
  const TestSystem system;
  const auto before = entries_beside(system);
  const Words command = std::string(GetParam()) == "growth"
                            ? Words{"growth", "--points", "300,3m"}
                            : Words{"ceilings", "--rounds", "99", "--seconds", "5"};
  Process process(system.words(command), system.variables());
  ASSERT_TRUE(wait_until([&] { return a_service_runs_beside(system); }));
  process.send(SIGINT);
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished;
  EXPECT_EQ(entries_beside(system), before);
  EXPECT_TRUE(wait_until([&] { return processes_in(system.dir()) == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Cqrsctl, Interrupted, testing::Values("ceilings", "growth"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           return std::string(info.param);
                         });

// Killed outright it cannot remove its files, but its service must not run on.
TEST(Growth, KilledTakesItsServiceWithIt) {
  const TestSystem system;
  Process process(system.words({"growth", "--points", "300,3m"}), system.variables());
  ASSERT_TRUE(wait_until([&] { return a_service_runs_beside(system); }));
  process.send(SIGKILL);
  (void)process.wait();
  EXPECT_TRUE(wait_until([&] { return processes_in(system.dir()) == 0; }));
}

}  // namespace
}  // namespace cqrs::e2e
