// Faults on a timeline, done to the processes, servers and links of a system of the standard
// profile while `cqrsctl seed` runs at a rate. After each: everything acknowledged is there,
// nothing twice, the views caught up, and nothing stays broken.
#include "cli/faults/fault_runner.h"
#include "cli/faults/system_faults.h"

#include "tests/standard/standard_system.h"
#include "tests/support/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cqrs::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

// A lease lasts 5 s: whoever is paused for longer has lost it.
constexpr seconds kPastTheLease{7};

Fault fault(milliseconds at, FaultAction action, const std::string& target,
            milliseconds lasting = {}) {
  Fault made;
  made.at = at;
  made.action = action;
  made.target = target;
  made.lasting = lasting;
  return made;
}

Fault delay(milliseconds at, const std::string& target, milliseconds by, milliseconds lasting) {
  Fault made = fault(at, FaultAction::kDelay, target, lasting);
  made.delay = by;
  return made;
}

class TimelineFault : public testing::Test {
 protected:
  void up(const Words& replicas = {}, const std::string& proxied = {}) {
    system_.up_standard(replicas, proxied);
    auto found =
        SystemFaults::find({system_.dir()}, {support::parts_directory(), CQRS_PARTS_PROGRAM});
    ASSERT_TRUE(found.ok());
    faults_ = std::move(*found);
  }
  // `commands` in all, at 300 a second, through whatever happens.
  void run(const std::vector<Fault>& timeline, int commands) {
    const auto possible = check_faults(timeline, *faults_);
    ASSERT_TRUE(possible.ok()) << possible.error().message;
    FaultRunner runner(timeline, *faults_, position_of(system_.endpoint()));
    Finished seeded;
    std::thread seeding([&] {
      const std::string users = std::to_string(commands / 2);
      const std::string rest = std::to_string(commands / 4);
      seeded =
          system_.ctl({"-o", "json", "seed", "--users", users, "--products", rest, "--orders", rest,
                       "--rate", "300", "--min-achieved", "1%", "--no-verify", "--settle", "90s"},
                      seconds(200));
    });
    runner.start(std::chrono::steady_clock::now());
    seeding.join();
    // A restart may take longer than the load on a machine that is busy.
    EXPECT_TRUE(wait_until(
        [&] { return runner.records().size() == timeline.size() && runner.open() == 0; }));
    runner.heal();
    EXPECT_TRUE(runner.await_recovery(seconds(60)));
    runner.stop();
    EXPECT_EQ(seeded.exit_code, 0) << seeded;
    EXPECT_EQ(seeded.json().value("acked", 0), commands) << seeded;
    for (const auto& record : runner.records()) {
      // How long a restart takes is the machine's affair.
      EXPECT_THAT(record.note, AnyOf(IsEmpty(), EndsWith("what was before it took that long")))
          << record.what;
      EXPECT_GE(record.recovered_after, 0) << record.what;
    }
    EXPECT_EQ(runner.records().size(), timeline.size());
    EXPECT_TRUE(system_.caught_up(seconds(30)));
    system_.expect_proven();
  }
  StandardSystem system_;
  std::unique_ptr<SystemFaults> faults_;
};

TEST_F(TimelineFault, RolesAreKilledOneAfterTheOtherAndStartedAgain) {
  up();
  run({fault(seconds(1), FaultAction::kKill, "projector", milliseconds(500)),
       fault(seconds(3), FaultAction::kKill, "relay", milliseconds(500)),
       fault(seconds(5), FaultAction::kKill, "command", milliseconds(500)),
       fault(seconds(7), FaultAction::kRestart, "query"),
       fault(seconds(9), FaultAction::kKill, "gateway", milliseconds(300))},
      3'200);
}

TEST_F(TimelineFault, AnOwnerIsPausedPastItsLease) {
  up({"projector=2", "relay=2"});
  int owner = -1;
  ASSERT_TRUE(wait_until([&] { return (owner = system_.owner_of("projector")) >= 0; }));
  const std::string target = "projector-" + std::to_string(owner + 1);
  run({fault(seconds(1), FaultAction::kPause, target, kPastTheLease)}, 3'200);
}

TEST_F(TimelineFault, LinksToPostgresAreDelayedFrozenAndCut) {
  up({}, "postgres,redis");
  run({delay(seconds(1), "postgres", milliseconds(15), seconds(2)),
       fault(seconds(4), FaultAction::kFreeze, "postgres", seconds(3)),
       fault(seconds(9), FaultAction::kCut, "postgres", seconds(2))},
      3'600);
}

TEST_F(TimelineFault, LinksToRedisAreFrozenAndCut) {
  up({}, "postgres,redis");
  run({fault(seconds(1), FaultAction::kFreeze, "redis", seconds(4)),
       fault(seconds(7), FaultAction::kCut, "redis", seconds(2))},
      3'200);
}

TEST_F(TimelineFault, ServersArePaused) {
  up();
  run({fault(seconds(1), FaultAction::kPause, "broker", seconds(4)),
       fault(seconds(6), FaultAction::kPause, "postgres", seconds(2))},
      3'600);
}

TEST_F(TimelineFault, ServersAreKilledAndStartedAgain) {
  up();
  run({fault(seconds(1), FaultAction::kKill, "redis", seconds(1)),
       fault(seconds(4), FaultAction::kRestart, "postgres")},
      4'800);
}

TEST_F(TimelineFault, TheProxyComesBackAtItsPortsWhenItDied) {
  up({}, "redis");
  const int proxy = system_.pid_of("proxy");
  ASSERT_GT(proxy, 0);
  system_.kill("proxy");
  system_.up_standard();
  EXPECT_NE(system_.pid_of("proxy"), proxy);
  auto found = SystemFaults::find({system_.dir()}, {support::parts_directory(), ""});
  ASSERT_TRUE(found.ok());
  faults_ = std::move(*found);
  run({fault(seconds(1), FaultAction::kCut, "redis", seconds(1))}, 800);
}

TEST_F(TimelineFault, WhatCannotBeProxiedOrHasNoProxyIsSaidBeforehand) {
  const Finished broker = system_.ctl({"--profile", "standard", "up", "--fault-proxy", "broker"});
  EXPECT_EQ(broker.exit_code, 2) << broker;
  EXPECT_THAT(broker.err, HasSubstr("pause it instead"));
  up();
  const auto refused = check_faults({fault(seconds(1), FaultAction::kFreeze, "redis")}, *faults_);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("--fault-proxy redis"));
  const Finished late = system_.ctl({"up", "--fault-proxy", "redis"});
  EXPECT_EQ(late.exit_code, 2) << late;
  EXPECT_THAT(late.err, HasSubstr("cqrsctl down first"));
}

}  // namespace
}  // namespace cqrs::e2e
