// Processes of the standard profile are killed and paused under load: no acknowledged write is
// lost, nothing happens twice, and the views catch up.
#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <thread>

namespace cqrs::e2e {
namespace {

// A lease lasts 5 s: whoever is paused for longer has lost it.
constexpr std::chrono::seconds kPastTheLease{7};
constexpr std::int64_t kSome = 400;

class ProcessFault : public testing::Test {
 protected:
  void after_some(const MixedLoad& load, std::int64_t more = kSome) const {
    const auto until = load.acknowledged() + more;
    ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= until; }))
        << "the load stands still";
  }
  void finish(MixedLoad& load) const {
    ASSERT_TRUE(load.finish());
    EXPECT_TRUE(system_.caught_up(std::chrono::seconds(10)));
    load.expect_all_there(system_);
    system_.expect_proven();
  }
  StandardSystem system_;
};

class KilledRole : public ProcessFault, public testing::WithParamInterface<const char*> {};

TEST_P(KilledRole, LosesNothingAndGoesOnWhenItIsStartedAgain) {
  system_.up_standard();
  MixedLoad load(system_.endpoint(), {});
  for (int round = 0; round < 2; ++round) {
    after_some(load);
    system_.kill(GetParam());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    system_.up_standard();
    after_some(load);
  }
  finish(load);
}

INSTANTIATE_TEST_SUITE_P(Roles, KilledRole,
                         testing::Values("gateway", "command", "relay", "projector", "query"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(ProcessFault, ReplicasTakeOverFromKilledOnesWithoutARestart) {
  system_.up_standard({"command=2", "relay=2", "projector=2", "query=2"});
  MixedLoad load(system_.endpoint(), {});
  for (const char* role : {"command", "relay", "projector", "query"}) {
    after_some(load);
    const int owner = std::max(0, system_.owner_of(role));
    system_.kill(role, static_cast<std::size_t>(owner));
    after_some(load);
  }
  finish(load);
}

class PausedOwner : public ProcessFault, public testing::WithParamInterface<const char*> {};

// The zombie: paused past its lease, replaced, and woken up again in the middle of its work.
TEST_P(PausedOwner, ThatWakesUpAfterItsLeaseChangesNothing) {
  system_.up_standard({std::string(GetParam()) + "=2"});
  MixedLoad load(system_.endpoint(), {});
  after_some(load);
  // Writes are acknowledged before anybody has taken the lease of a role behind the record.
  int owner = -1;
  ASSERT_TRUE(wait_until([&] { return (owner = system_.owner_of(GetParam())) >= 0; }))
      << "nobody owns the lease";
  system_.pause(GetParam(), static_cast<std::size_t>(owner));
  std::this_thread::sleep_for(kPastTheLease);
  ASSERT_TRUE(wait_until([&] {
    const int now = system_.owner_of(GetParam());
    return now >= 0 && now != owner;
  })) << "nobody took over";
  after_some(load);
  system_.resume(GetParam(), static_cast<std::size_t>(owner));
  after_some(load);
  finish(load);
  EXPECT_NE(system_.owner_of(GetParam()), owner);
}

INSTANTIATE_TEST_SUITE_P(Roles, PausedOwner, testing::Values("relay", "projector"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(ProcessFault, PositionsHaveNoHoleWithFourCommandReplicas) {
  system_.up_standard({"command=4"});
  MixedLoad load(system_.endpoint(), {});
  after_some(load, 3 * kSome);
  finish(load);
  const Json check = system_.ctl_json({"events", "check"});
  EXPECT_EQ(check.value("verdict", ""), "pass") << check;
  EXPECT_EQ(check.value("events", 0), system_.head());
}

TEST_F(ProcessFault, ARollingRestartOfEveryRoleLosesNothing) {
  system_.up_standard({"command=2", "relay=2", "projector=2", "query=2"});
  MixedLoad load(system_.endpoint(), {});
  for (const char* role : {"command", "relay", "projector", "query"}) {
    for (std::size_t replica = 0; replica < 2; ++replica) {
      after_some(load, 100);
      const int pid = system_.pid_of(role);
      ::kill(pid, SIGTERM);
      ASSERT_TRUE(wait_until([&] { return ::waitpid(pid, nullptr, WNOHANG) == pid; })) << role;
      system_.up_standard({"command=2", "relay=2", "projector=2", "query=2"});
    }
  }
  finish(load);
}

}  // namespace
}  // namespace cqrs::e2e
