#include "cli/faults/fault_timeline.h"

#include "cli/faults/fault_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cqrs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

Fault fault(seconds at, FaultAction action, const std::string& target, seconds lasting = {}) {
  Fault made;
  made.at = at;
  made.action = action;
  made.target = target;
  made.lasting = lasting;
  return made;
}

// Time is moved by the test, and by what is executed.
class Recorder : public FaultExecutor {
 public:
  Status check(const Fault& fault) const override {
    if (fault.target != "relay") return {};
    return invalid("faults", "there is no relay here");
  }
  Status execute(const Fault& fault) override {
    now += takes;
    done.push_back(std::to_string(std::chrono::duration_cast<seconds>(now).count()) + " " +
                   std::to_string(static_cast<int>(fault.action)) + " " + fault.target);
    if (fault.target == failing) return make_error(ErrorCode::kNotFound, "it does not run");
    return {};
  }
  Status heal_all() override {
    ++healed;
    return heal_result;
  }
  bool covers(const std::string& outer, const std::string& inner) const override {
    return inner.starts_with(outer);
  }

  microseconds now{0};
  microseconds takes{0};
  std::string failing;
  std::vector<std::string> done;
  int healed = 0;
  Status heal_result;
};

class Timeline : public testing::Test {
 protected:
  FaultTimeline make(std::vector<Fault> faults) {
    return {std::move(faults), executor_, [this] { return executor_.now; }};
  }
  // Second by second.
  void play(FaultTimeline& timeline, seconds until) {
    for (; executor_.now <= until; executor_.now += seconds(1)) {
      while (true) {
        const auto next = timeline.step();
        if (!next || *next > executor_.now) break;
      }
    }
  }
  Recorder executor_;
};

TEST_F(Timeline, FaultsAreDoneAtTheirTimesWhateverTheirOrderInTheList) {
  auto timeline = make({fault(seconds(7), FaultAction::kRestart, "query"),
                        fault(seconds(2), FaultAction::kKill, "query"),
                        fault(seconds(4), FaultAction::kPause, "projector")});
  EXPECT_EQ(timeline.step(), microseconds(seconds(2)));
  EXPECT_TRUE(executor_.done.empty());
  play(timeline, seconds(10));
  EXPECT_THAT(executor_.done, ElementsAre("2 0 query", "4 1 projector", "7 3 query"));
  EXPECT_EQ(timeline.step(), std::nullopt);
}

TEST_F(Timeline, WhatLastsEndsByItself) {
  auto timeline = make({fault(seconds(2), FaultAction::kPause, "projector", seconds(3)),
                        fault(seconds(3), FaultAction::kCut, "redis", seconds(5)),
                        fault(seconds(4), FaultAction::kKill, "query", seconds(1))});
  play(timeline, seconds(10));
  EXPECT_THAT(executor_.done, ElementsAre("2 1 projector", "3 5 redis", "4 0 query",
                                          "5 2 projector", "5 3 query", "8 7 redis"));
  ASSERT_EQ(timeline.records().size(), 3U);
  EXPECT_EQ(timeline.records()[0].what, "pause projector");
  EXPECT_EQ(timeline.records()[0].at, 2);
  EXPECT_EQ(timeline.records()[0].until, 5);
  EXPECT_EQ(timeline.records()[1].until, 8);
  EXPECT_EQ(timeline.open(), 0U);
}

TEST_F(Timeline, AnEndingClosesWhatItCoversAndNothingElse) {
  auto timeline = make({fault(seconds(1), FaultAction::kPause, "projector-2"),
                        fault(seconds(1), FaultAction::kFreeze, "projector-2"),
                        fault(seconds(2), FaultAction::kPause, "query"),
                        fault(seconds(5), FaultAction::kRestart, "projector")});
  play(timeline, seconds(6));
  const auto& records = timeline.records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].until, 5);
  EXPECT_EQ(records[1].until, 0) << "a restart heals no link";
  EXPECT_EQ(records[2].until, 0);
  EXPECT_EQ(timeline.open(), 2U);
}

TEST_F(Timeline, ARestartOfWhatRanIsARecordOfItsOwnFromItsBeginningToItsEnd) {
  executor_.takes = seconds(2);
  auto timeline = make({fault(seconds(3), FaultAction::kRestart, "command")});
  play(timeline, seconds(9));
  ASSERT_EQ(timeline.records().size(), 1U);
  EXPECT_EQ(timeline.records()[0].at, 3);
  EXPECT_EQ(timeline.records()[0].until, 5);
}

TEST_F(Timeline, WhatFailsIsToldInItsRecordAndStopsNothing) {
  executor_.failing = "query";
  auto timeline = make({fault(seconds(1), FaultAction::kKill, "query"),
                        fault(seconds(2), FaultAction::kKill, "relay")});
  play(timeline, seconds(3));
  ASSERT_EQ(timeline.records().size(), 2U);
  EXPECT_EQ(timeline.records()[0].note, "it does not run");
  EXPECT_EQ(timeline.records()[1].note, "");
  EXPECT_EQ(timeline.open(), 1U);
}

TEST_F(Timeline, WhatComesLateBecauseTheOneBeforeTookLongSaysSo) {
  executor_.takes = seconds(4);
  auto timeline = make({fault(seconds(1), FaultAction::kRestart, "postgres"),
                        fault(seconds(2), FaultAction::kRestart, "redis")});
  play(timeline, seconds(20));
  ASSERT_EQ(timeline.records().size(), 2U);
  EXPECT_EQ(timeline.records()[1].at, 5);
  EXPECT_THAT(timeline.records()[1].note, HasSubstr("late"));
}

TEST_F(Timeline, TheEndHealsAndClosesAndTellsWhatWasNotReached) {
  auto timeline = make({fault(seconds(1), FaultAction::kPause, "projector"),
                        fault(seconds(50), FaultAction::kKill, "query")});
  play(timeline, seconds(5));
  timeline.end();
  EXPECT_EQ(executor_.healed, 1);
  ASSERT_EQ(timeline.records().size(), 2U);
  EXPECT_EQ(timeline.records()[0].until, 6);
  EXPECT_THAT(timeline.records()[0].note, HasSubstr("ended with the run"));
  EXPECT_THAT(timeline.records()[1].note, HasSubstr("not done"));
  EXPECT_EQ(timeline.step(), std::nullopt);
  EXPECT_THAT(executor_.done, ElementsAre("1 1 projector"));
}

TEST_F(Timeline, AHealingThatFailsIsToldEvenWhenNothingSeemedBroken) {
  executor_.heal_result = make_error(ErrorCode::kUnavailable, "the proxy does not answer");
  auto timeline = make({});
  timeline.end();
  ASSERT_EQ(timeline.records().size(), 1U);
  EXPECT_THAT(timeline.records()[0].note, HasSubstr("the proxy does not answer"));
}

TEST_F(Timeline, RecoveryIsWhenTheViewsShowWhatTheRecordHeldAtTheFaultsEnd) {
  auto timeline = make({fault(seconds(1), FaultAction::kPause, "projector", seconds(2))});
  EXPECT_FALSE(timeline.wants_position());
  play(timeline, seconds(3));
  executor_.now = seconds(3);
  ASSERT_TRUE(timeline.wants_position());
  timeline.observe(1'000, 400);
  executor_.now = seconds(5);
  timeline.observe(2'000, 999);  // the load goes on: the lag is never 0
  EXPECT_TRUE(timeline.wants_position());
  executor_.now = seconds(6);
  timeline.observe(3'000, 1'000);
  EXPECT_FALSE(timeline.wants_position());
  EXPECT_EQ(timeline.records()[0].recovered_after, 3);
}

TEST_F(Timeline, NothingRecoversFromWhatWasNotDone) {
  executor_.failing = "query";
  auto timeline = make({fault(seconds(1), FaultAction::kKill, "query"),
                        fault(seconds(90), FaultAction::kKill, "command")});
  play(timeline, seconds(2));
  timeline.end();
  EXPECT_FALSE(timeline.wants_position());
}

TEST_F(Timeline, TheCheckNamesEveryFaultThatCannotBeDone) {
  auto delay = fault(seconds(3), FaultAction::kDelay, "postgres");
  const std::vector<Fault> faults{fault(seconds(1), FaultAction::kKill, "query"),
                                  fault(seconds(2), FaultAction::kKill, "relay"), delay,
                                  fault(seconds(4), FaultAction::kResume, "query", seconds(1)),
                                  fault(seconds(5), FaultAction::kKill, "")};
  const auto status = check_faults(faults, executor_);
  ASSERT_FALSE(status.ok());
  const std::string& text = status.error().message;
  EXPECT_EQ(text.find("fault 1,"), std::string::npos) << text;
  for (const char* part : {"fault 2, kill relay", "there is no relay here", "fault 3, delay",
                           "fault 4, resume query", "fault 5, kill"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_TRUE(executor_.done.empty());
  EXPECT_TRUE(check_faults({faults[0]}, executor_).ok());
}

// With a thread and real time: only what must hold however slow the machine is.
class Counter : public FaultExecutor {
 public:
  Status check(const Fault& /*fault*/) const override { return {}; }
  Status execute(const Fault& fault) override {
    if (fault.action == FaultAction::kPause) paused = true;
    if (fault.action == FaultAction::kResume) paused = false;
    ++executed;
    return {};
  }
  Status heal_all() override {
    paused = false;
    ++healed;
    return {};
  }
  std::atomic<bool> paused{false};
  std::atomic<int> executed{0}, healed{0};
};

Fault at_once(FaultAction action) { return fault(seconds(0), action, "projector"); }

TEST(FaultRunner, DoesWhatIsDueAndHealsWhenItIsStopped) {
  Counter executor;
  FaultRunner runner({at_once(FaultAction::kPause)}, executor, {});
  runner.start(std::chrono::steady_clock::now());
  while (runner.open() == 0) std::this_thread::yield();
  EXPECT_TRUE(executor.paused);
  runner.heal();
  EXPECT_FALSE(executor.paused);
  runner.stop();
  runner.stop();
  EXPECT_EQ(executor.healed, 1);
  ASSERT_EQ(runner.records().size(), 1U);
  EXPECT_GT(runner.records()[0].until, 0);
}

TEST(FaultRunner, LeavesNothingBrokenWhenItIsThrownAway) {
  Counter executor;
  {
    FaultRunner runner(
        {at_once(FaultAction::kPause), fault(seconds(3'600), FaultAction::kKill, "x")}, executor,
        {});
    runner.start(std::chrono::steady_clock::now());
    while (executor.executed == 0) std::this_thread::yield();
  }
  EXPECT_FALSE(executor.paused);
  EXPECT_EQ(executor.executed, 1);
}

TEST(FaultRunner, AsksForPositionsUntilTheReadSideHasCaughtUp) {
  Counter executor;
  std::atomic<std::int64_t> applied{10};
  FaultRunner runner({at_once(FaultAction::kPause)}, executor,
                     [&]() -> std::optional<ReadPosition> {
                       return ReadPosition{100, applied.fetch_add(30)};
                     });
  runner.start(std::chrono::steady_clock::now());
  while (runner.open() == 0) std::this_thread::yield();
  EXPECT_EQ(applied, 10) << "nobody asks while nothing has ended";
  runner.heal();
  EXPECT_TRUE(runner.await_recovery(seconds(30)));
  runner.stop();
  EXPECT_GE(runner.records()[0].recovered_after, 0);
  EXPECT_GE(applied, 100);
}

}  // namespace
}  // namespace cqrs
