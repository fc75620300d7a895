// What proves the system right: replays that change nothing unasked, injections that are found
// exactly, and the demo that does all of it.
#include "tests/e2e/support/system.h"
#include "tests/e2e/support/xml.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 1'000 / kSlowdown;

class Proof : public testing::Test {
 protected:
  Proof() {
    const std::string count = std::to_string(kEach);
    system_.up();
    system_.ctl_json({"seed", "--users", count, "--products", count, "--orders", count});
  }
  [[nodiscard]] int live_generation() const {
    for (const auto& generation : generations()) {
      if (generation.value("live", false)) return generation.value("generation", 0);
    }
    return 0;
  }
  [[nodiscard]] Json generations() const {
    return system_.ctl_json({"replay", "status"}).at("generations");
  }

  TestSystem system_;
};

TEST_F(Proof, ReplayWithoutExecuteOnlyPlans) {
  const Finished plan = system_.ctl({"replay", "--switch"});
  EXPECT_EQ(plan.exit_code, 0) << plan;
  EXPECT_NE(plan.out.find("--execute"), std::string::npos) << plan;
  EXPECT_EQ(system_.ctl_json({"replay", "--switch"}).value("executed", true), false);
  EXPECT_EQ(generations().size(), 1U);
  EXPECT_EQ(live_generation(), 1);
}

TEST_F(Proof, SwitchAndDropWithoutExecuteOnlyPlan) {
  system_.ctl_json({"replay", "--execute"});
  EXPECT_EQ(system_.ctl({"replay", "switch", "--to", "2"}).exit_code, 0);
  EXPECT_EQ(system_.ctl({"replay", "drop", "2"}).exit_code, 0);
  EXPECT_EQ(generations().size(), 2U);
  EXPECT_EQ(live_generation(), 1);
}

TEST_F(Proof, ReplaySwitchesToEqualViewsAndBackAndDropsThem) {
  const Json replay = system_.ctl_json({"replay", "--execute", "--switch"});
  expect_fields(replay, {"verdict", "events", "events_per_s", "elapsed_s", "equal", "switched",
                         "generation"});
  EXPECT_EQ(replay.value("verdict", ""), "pass");
  EXPECT_EQ(replay.value("events", 0), 3 * kEach);
  EXPECT_EQ(replay.value("equal", false), true);
  EXPECT_EQ(replay.value("switched", false), true);
  ASSERT_EQ(live_generation(), replay.value("generation", 0));
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));

  system_.ctl_json({"replay", "switch", "--to", "1", "--execute"});
  EXPECT_EQ(live_generation(), 1);
  system_.ctl_json({"replay", "drop", "2", "--execute"});
  EXPECT_EQ(generations().size(), 1U);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
  EXPECT_EQ(system_.get("/v1/users?limit=1").at("items").size(), 1U);
}

TEST_F(Proof, BothGenerationsFollowWhatIsWrittenAfterASwitch) {
  system_.ctl_json({"replay", "--execute", "--switch"});
  system_.ctl_json({"seed", "--users", "30", "--products", "30", "--orders", "30", "--seed", "7"});
  const auto head = 3 * kEach + 90;
  EXPECT_TRUE(wait_until([&] {
    const Json all = generations();
    return all.size() == 2U && all[0].value("applied", 0) == head &&
           all[1].value("applied", 0) == head;
  })) << generations();
  system_.ctl_json({"replay", "switch", "--to", "1", "--execute"});
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Proof, TheLiveGenerationCannotBeDropped) {
  system_.ctl_json({"replay", "drop", "1", "--execute"}, 2);
  EXPECT_EQ(system_.get("/v1/users?limit=1").at("items").size(), 1U);
}

TEST_F(Proof, ASwitchSurvivesARestart) {
  system_.ctl_json({"replay", "--execute", "--switch"});
  system_.down();
  system_.up();
  EXPECT_EQ(live_generation(), 2);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Proof, VerifyFindsExactlyWhatWasPlantedAndLeavesTheOriginalAlone) {
  const Json verify =
      system_.ctl_json({"verify", "--inject", "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2"}, 1);
  EXPECT_EQ(verify.value("verdict", ""), "fail");
  EXPECT_EQ(verify.at("injection").value("exact", false), true) << verify;
  const std::map<std::string, int> planted{{"lost", 3},  {"dup", 2},   {"phantom", 1},
                                           {"stale", 5}, {"order", 1}, {"field", 2}};
  for (const auto& [kind, count] : planted) {
    EXPECT_EQ(verify.at("differences").value(kind, -1), count) << kind;
  }
  ASSERT_EQ(verify.at("mismatches").size(), 14U);
  for (const auto& mismatch : verify.at("mismatches")) {
    expect_fields(mismatch, {"kind", "aggregate", "id", "store", "field", "expected", "actual",
                             "expected_version", "actual_version", "age_s", "position"});
  }
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Proof, EachKindOfDifferenceIsFoundAlone) {
  for (const char* kind : {"lost", "dup", "phantom", "stale", "swap", "field"}) {
    SCOPED_TRACE(kind);
    const Json verify = system_.ctl_json({"verify", "--inject", std::string(kind) + "=4"}, 1);
    EXPECT_EQ(verify.at("injection").value("exact", false), true) << verify;
  }
}

TEST_F(Proof, LimitBoundsWhatIsNamedAndNotWhatIsCounted) {
  const Json verify = system_.ctl_json({"verify", "--inject", "lost=9", "--limit", "2"}, 1);
  EXPECT_EQ(verify.at("mismatches").size(), 2U);
  EXPECT_EQ(verify.at("differences").value("lost", 0), 9);
}

// While writes go on, a proof works at a cut: it may find itself unable to tell, but it must not
// see differences that are only in flight.
class UnderLoad : public testing::Test {
 protected:
  UnderLoad() { system_.up(); }
  [[nodiscard]] Words load() const {
    const std::string count = std::to_string(30'000 / kSlowdown);
    return system_.words({"-o", "json", "seed", "--users", count, "--products", count, "--orders",
                          count, "--depth", "100"});
  }
  TestSystem system_;
};

TEST_F(UnderLoad, VerifyFindsNoDifferencesThatAreOnlyInFlight) {
  Process seed(load(), system_.variables());
  ASSERT_TRUE(wait_until([&] { return system_.head() > 0; }));
  int rounds = 0;
  while (seed.running() && rounds < 20) {
    for (const char* mode : {"buckets", "deep", "order"}) {
      const Finished finished = system_.ctl({"-o", "json", "verify", "--mode", mode});
      EXPECT_TRUE(finished.exit_code == 0 || finished.exit_code == 4) << finished;
      expect_no_differences(finished.json());
    }
    ++rounds;
  }
  EXPECT_GT(rounds, 0);
  EXPECT_EQ(seed.wait().exit_code, 0);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(UnderLoad, AReplayCanBeProvenAndSwitchedTo) {
  Process seed(load(), system_.variables());
  ASSERT_TRUE(wait_until([&] { return system_.head() >= 5'000 / kSlowdown; }));
  const Json replay = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(replay.value("equal", false), true) << replay;
  EXPECT_EQ(replay.value("switched", false), true) << replay;
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST(Demo, EndsWithAPassingReport) {
  const TestSystem system;
  const std::string reports = system.scratch("reports");
  const Json demo = system.ctl_json({"demo", "--size", "300", "--report-dir", reports}, 0,
                                    std::chrono::seconds(90));
  EXPECT_EQ(demo.value("verdict", ""), "pass") << demo;
  const Json report = Json::parse(read_text(reports + "/report.json"), nullptr, false);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.value("verdict", ""), "pass");
  EXPECT_FALSE(report.value("schema", "").empty());

  const std::string html = read_text(reports + "/report.html");
  EXPECT_NE(html.find("</html>"), std::string::npos);
  // One file that needs no network.
  EXPECT_EQ(html.find("src=\"http"), std::string::npos);
  EXPECT_EQ(html.find("href=\"http"), std::string::npos);

  const std::string junit = read_text(reports + "/junit.xml");
  EXPECT_EQ(xml_problem(junit), "") << junit;
  EXPECT_NE(junit.find("failures=\"0\""), std::string::npos);
  EXPECT_NE(junit.find("<testcase"), std::string::npos);
  system.ctl_json({"status"}, 3);
}

TEST(Demo, NeverEmptiesADirectoryThatNoDemoMade) {
  const TestSystem system;
  system.up();
  system.down();
  system.ctl_json({"demo", "--size", "10"}, 2);
  EXPECT_FALSE(read_text(system.file("write.db")).empty());
}

TEST(Demo, NeverStopsASystemThatNoDemoStarted) {
  const TestSystem system;
  system.up();
  system.ctl_json({"demo", "--size", "10"}, 2);
  EXPECT_EQ(system.ctl({"status"}).exit_code, 0) << "the running system was stopped";
}

}  // namespace
}  // namespace cqrs::e2e
