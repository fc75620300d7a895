// Replays beside a system that works: they follow what is written, take nothing from readers, and
// go on where they were stopped.
#include "tests/e2e/support/system.h"
#include "tests/e2e/support/traffic.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 2'000 / kSlowdown;

class Replay : public testing::Test {
 protected:
  Replay() {
    system_.up();
    seed(kEach, "42");
  }
  void seed(int each, const std::string& number) const {
    const std::string count = std::to_string(each);
    system_.ctl_json({"seed", "--users", count, "--products", count, "--orders", count, "--seed",
                      number, "--no-verify"});
  }
  [[nodiscard]] Json generations() const {
    return system_.ctl_json({"replay", "status"}).at("generations");
  }
  [[nodiscard]] int live_generation() const {
    for (const auto& generation : generations()) {
      if (generation.value("live", false)) return generation.value("generation", 0);
    }
    return 0;
  }
  // Starts a slow replay, and gives back control when a part of it is done.
  [[nodiscard]] std::unique_ptr<Process> begin_slowly(const char* rate = "1k") const {
    auto process = std::make_unique<Process>(
        system_.words({"-o", "json", "replay", "--execute", "--rate", rate}), system_.variables());
    EXPECT_TRUE(wait_until([&] {
      const Json all = system_.get("/v1/admin/generations").at("generations");
      return !process->running() || (all.size() == 2 && all[1].value("applied", 0) > 0);
    }));
    EXPECT_TRUE(process->running()) << process->wait();
    return process;
  }

  TestSystem system_;
};

TEST_F(Replay, ItFollowsLiveWritesAndNoReaderGoesBackWhileReadsMoveThereAndBack) {
  Traffic traffic(system_, 2, 2);
  Process load(
      system_.words({"-o", "json", "seed", "--users", "100k", "--products", "100k", "--orders",
                     "100k", "--seed", "7", "--concurrency", "2", "--depth", "16", "--no-verify"}),
      system_.variables());
  ASSERT_TRUE(wait_until([&] { return traffic.writes() > 1'000 && traffic.reads() > 100; }));
  const Json replay = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(replay.value("verdict", ""), "pass") << replay;
  EXPECT_EQ(replay.value("equal", false), true) << replay;
  EXPECT_EQ(replay.value("live_equal", false), true) << replay;
  EXPECT_EQ(replay.value("switched", false), true) << replay;
  EXPECT_EQ(live_generation(), 2);
  for (const char* to : {"1", "2", "1", "2", "1"}) {
    const auto before = traffic.reads();
    system_.ctl_json({"replay", "switch", "--to", to, "--execute"});
    ASSERT_TRUE(wait_until([&] { return traffic.reads() > before + 100; }));
  }
  const Json during = system_.ctl_json({"verify"});
  expect_no_differences(during);
  EXPECT_GT(during.value("in_flight", 0), 0) << "the seed is still at it";
  system_.ctl_json({"replay", "drop", "2", "--execute"});
  const auto writes = traffic.writes();
  ASSERT_TRUE(wait_until([&] { return traffic.writes() > writes + 1'000; }));
  load.send(SIGKILL);
  (void)load.wait();
  traffic.stop();
  EXPECT_TRUE(traffic.complaints().empty()) << traffic.complaints().front();
  EXPECT_EQ(generations().size(), 1U);
  // The views are whole; what became of the last commands of the killed seed nobody can say.
  const Json after = system_.ctl_json({"verify", "--mode", "deep"}, 4);
  expect_no_differences(after);
  EXPECT_GT(after.value("indeterminate", 0), 0) << after;
}

TEST_F(Replay, ItIsNoFasterThanItsRate) {
  const Json replay = system_.ctl_json({"replay", "--execute", "--rate", "10k/s"});
  EXPECT_EQ(replay.value("equal", false), true) << replay;
  EXPECT_EQ(replay.value("events", 0), 3 * kEach);
  // All but the last step, of a twentieth of a second's worth, must have waited for its turn.
  const double least = (3.0 * kEach - 500) / 10'000;
  EXPECT_GE(replay.value("elapsed_s", 0.0), least * 0.95) << replay;
  EXPECT_EQ(generations().at(1).value("rate", -1), 0) << "proven, it only has to follow";
}

TEST_F(Replay, TheNextOneGoesOnWithWhatAKilledOneLeft) {
  {
    const auto first = begin_slowly();
    first->send(SIGKILL);
    EXPECT_EQ(first->wait().signal, SIGKILL);
  }
  EXPECT_TRUE(generations().at(1).value("unfinished", false)) << generations();
  const Finished plan = system_.ctl({"replay"});
  EXPECT_NE(plan.out.find("go on with generation 2"), std::string::npos) << plan;
  const Json second = system_.ctl_json({"replay", "--execute"});
  EXPECT_EQ(second.value("generation", 0), 2);
  EXPECT_EQ(second.value("adopted", false), true);
  EXPECT_GT(second.value("resumed_at", 0), 0);
  EXPECT_EQ(second.value("resumed_at", 0) + second.value("events", 0), 3 * kEach);
  EXPECT_EQ(second.value("equal", false), true);
  // What is finished is not adopted again.
  const Json third = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(third.value("generation", 0), 3);
  EXPECT_EQ(third.value("adopted", true), false);
}

TEST_F(Replay, AnInterruptLeavesTheShadowToFillAndSaysSo) {
  const auto replay = begin_slowly();
  replay->send(SIGINT);
  const Finished finished = replay->wait();
  EXPECT_EQ(finished.exit_code, 130) << finished;
  EXPECT_NE(finished.err.find("cqrsctl replay --execute"), std::string::npos) << finished;
  EXPECT_EQ(system_.ctl_json({"replay", "--execute"}).value("adopted", false), true);
}

TEST_F(Replay, AShadowIsNotWaitedForWhenTheServiceStops) {
  {
    auto replay = begin_slowly("100");
    replay->send(SIGKILL);
    (void)replay->wait();
  }
  system_.down();
  system_.up();
  const Json shadow = generations().at(1);
  EXPECT_LT(shadow.value("applied", 0), 3 * kEach) << "filled at 100 events a second?";
  EXPECT_EQ(shadow.value("rate", 0), 100) << "a restart lifts no limit";
  EXPECT_EQ(system_.ctl_json({"replay", "--execute"}).value("equal", false), true);
}

TEST_F(Replay, AGenerationThatIsNotThereIsTheMistakeOfWhoNamesIt) {
  for (const Words& words : {Words{"replay", "drop", "9", "--execute"},
                             Words{"replay", "switch", "--to", "9", "--execute"}}) {
    const Finished refused = system_.ctl(words);
    EXPECT_EQ(refused.exit_code, 2) << refused;
    EXPECT_NE(refused.err.find("cqrsctl replay status"), std::string::npos) << refused;
  }
}

TEST_F(Replay, WithoutAProofNothingIsClaimedAndNothingSwitched) {
  const Json replay = system_.ctl_json({"replay", "--execute", "--no-verify"});
  EXPECT_EQ(replay.value("verdict", ""), "pass");
  EXPECT_TRUE(replay.at("equal").is_null()) << replay;
  EXPECT_EQ(replay.value("switched", true), false);
  EXPECT_EQ(generations().at(1).value("proof", ""), "none");
}

TEST_F(Replay, AGenerationThatWasFoundToDifferIsNeitherServedNorAdopted) {
  system_.ctl_json({"replay", "--execute"});
  EXPECT_EQ(system_.ask("POST", "/v1/admin/generations/2/proof", R"({"equal":false})").status, 200);
  const Finished refused = system_.ctl({"replay", "switch", "--to", "2", "--execute"});
  EXPECT_EQ(refused.exit_code, 3) << refused;
  EXPECT_NE(refused.err.find("drop it"), std::string::npos) << refused;
  EXPECT_EQ(system_.ctl_json({"replay", "--execute"}).value("generation", 0), 3);
}

}  // namespace
}  // namespace cqrs::e2e
