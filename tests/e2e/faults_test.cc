// Faults on a timeline, done to a real system while `cqrsctl seed` runs at a rate: everything that
// was acknowledged is there afterwards, and nothing stays broken.
#include "cli/faults/fault_runner.h"
#include "cli/faults/system_faults.h"

#include "tests/e2e/support/system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace cqrs::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

Fault fault(milliseconds at, FaultAction action, milliseconds lasting = {}) {
  Fault made;
  made.at = at;
  made.action = action;
  made.target = "all";
  made.lasting = lasting;
  return made;
}

char state_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto close = line.rfind(')');
  return close == std::string::npos ? '?' : line[close + 2];
}

class EmbeddedFaults : public testing::Test {
 protected:
  EmbeddedFaults() {
    system_.up();
    auto found = SystemFaults::find({system_.dir()}, {system_.scratch("parts"), ""});
    EXPECT_TRUE(found.ok());
    faults_ = std::move(*found);
  }
  // Some seconds of commands at a rate, through whatever happens.
  std::thread seeding() {
    return std::thread([this] {
      seeded_ =
          system_.ctl({"-o", "json", "seed", "--users", "1200", "--products", "400", "--orders",
                       "400", "--rate", "400", "--min-achieved", "1%", "--no-verify"},
                      seconds(100));
    });
  }
  void expect_proven() {
    EXPECT_EQ(seeded_.exit_code, 0) << seeded_;
    EXPECT_EQ(seeded_.json().value("acked", 0), 2'000) << seeded_;
    const Json deep = system_.ctl_json({"verify", "--mode", "deep"}, 0, seconds(60));
    EXPECT_EQ(deep.value("verdict", ""), "pass") << deep;
    expect_no_differences(deep);
  }
  void run(std::vector<Fault> timeline) {
    ASSERT_TRUE(check_faults(timeline, *faults_).ok());
    FaultRunner runner(std::move(timeline), *faults_, position_of(system_.endpoint()));
    auto seed = seeding();
    runner.start(std::chrono::steady_clock::now());
    seed.join();
    runner.heal();
    EXPECT_TRUE(runner.await_recovery(seconds(30)));
    runner.stop();
    records_ = runner.records();
  }
  TestSystem system_;
  std::unique_ptr<SystemFaults> faults_;
  Finished seeded_;
  std::vector<FaultRecord> records_;
};

TEST_F(EmbeddedFaults, KilledAndStartedAgainAtTheSameAddressItLosesNothing) {
  const auto port = system_.port();
  const int before = system_.pid();
  run({fault(seconds(1), FaultAction::kKill, milliseconds(700)),
       fault(milliseconds(3'500), FaultAction::kKill, milliseconds(300))});
  expect_proven();
  EXPECT_NE(system_.pid(), before);
  EXPECT_EQ(system_.port(), port);
  EXPECT_EQ(faults_->system().pid, system_.pid());
  ASSERT_EQ(records_.size(), 2U);
  for (const auto& record : records_) {
    EXPECT_EQ(record.what, "kill all");
    EXPECT_EQ(record.note, "");
    EXPECT_GT(record.until, record.at);
    EXPECT_GE(record.recovered_after, 0);
  }
}

TEST_F(EmbeddedFaults, PausedAndStoppedInOrderItLosesNothing) {
  run({fault(seconds(1), FaultAction::kPause, seconds(1)),
       fault(seconds(3), FaultAction::kRestart)});
  expect_proven();
  ASSERT_EQ(records_.size(), 2U);
  EXPECT_EQ(records_[0].what, "pause all");
  EXPECT_EQ(records_[0].note, "");
  EXPECT_EQ(records_[1].what, "restart all");
  EXPECT_EQ(records_[1].note, "");
  EXPECT_GE(records_[1].recovered_after, 0);
}

TEST_F(EmbeddedFaults, WhatIsPausedOrDeadAtTheEndIsAsItWasFound) {
  FaultRunner runner({fault(milliseconds(0), FaultAction::kPause)}, *faults_, {});
  runner.start(std::chrono::steady_clock::now());
  ASSERT_TRUE(wait_until([&] { return runner.open() == 1; }));
  EXPECT_EQ(state_of(system_.pid()), 'T');
  runner.stop();
  EXPECT_NE(state_of(system_.pid()), 'T');
  EXPECT_THAT(runner.records()[0].note, HasSubstr("ended with the run"));

  FaultRunner killer({fault(milliseconds(0), FaultAction::kKill)}, *faults_, {});
  killer.start(std::chrono::steady_clock::now());
  ASSERT_TRUE(wait_until([&] { return killer.open() == 1; }));
  EXPECT_LT(system_.head(), 0);
  killer.stop();
  EXPECT_GE(system_.head(), 0) << "it serves again";
}

TEST_F(EmbeddedFaults, AnotherProcessThatGotTheNumberIsNotTouched) {
  auto tree = Json::parse(read_text(system_.file("run.json")));
  tree.at("start_ticks") = tree.at("start_ticks").get<std::uint64_t>() - 1;
  tree.at("processes")[0].at("start_ticks") = tree.at("start_ticks");
  write_text(system_.file("run.json"), tree.dump());
  EXPECT_FALSE(SystemFaults::find({system_.dir()}, {system_.scratch("parts"), ""}).ok());
  EXPECT_GE(system_.head(), 0);
}

}  // namespace
}  // namespace cqrs::e2e
