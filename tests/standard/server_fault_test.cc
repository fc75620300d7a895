// The servers of the standard profile are killed, frozen and emptied under load. After each: zero
// acknowledged lost, zero duplicate effects, zero stale, caught up within seconds of the fault's
// end.
#include "cli/faults/fault_proxy.h"

#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace cqrs::e2e {
namespace {

// From the fault's end until everything committed is visible.
constexpr std::chrono::seconds kRecovery{15};

class ServerFault : public testing::Test {
 protected:
  using Fault = std::function<void()>;
  void run(StandardSystem& system, const Fault& fault) {
    system.up_standard({"command=2"});
    MixedLoad load(system.endpoint(), load_for(system));
    after_some(load, 200);
    // Commands are acknowledged before the views have begun at all.
    ASSERT_TRUE(system.caught_up());
    fault();
    EXPECT_TRUE(system.caught_up(kRecovery))
        << "applied " << system.applied() << " of " << system.head();
    after_some(load, 200);
    ASSERT_TRUE(load.finish());
    EXPECT_TRUE(system.caught_up(kRecovery));
    load.expect_all_there(system);
    system.expect_proven();
  }
  void run(ReadStoreKind read, const Fault& fault) {
    StandardSystem system(read);
    run(system, fault);
  }

 private:
  // The MongoDB wire server takes some hundred rows a second: the load is what it can follow.
  static MixedLoadOptions load_for(const StandardSystem& system) {
    MixedLoadOptions options;
    if (system.read() == ReadStoreKind::kMongo) options.chains = 2;
    return options;
  }
  static void after_some(const MixedLoad& load, std::int64_t more) {
    const auto until = load.acknowledged() + more;
    ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= until; }))
        << "the load stands still";
  }
};

void kill_part(const std::string& part) {
  for (const int pid : pids_of_part(part)) ::kill(pid, SIGKILL);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  run_parts({"up", "--only", part});
}

void freeze_part(const std::string& part, std::chrono::seconds time) {
  const Frozen frozen(pids_of_part(part));
  std::this_thread::sleep_for(time);
}

TEST_F(ServerFault, PostgresKilledAndStartedAgain) {
  run(ReadStoreKind::kRedis, [] { kill_part("postgres"); });
}

// The record and its views go together.
TEST_F(ServerFault, PostgresKilledUnderItsOwnViews) {
  run(ReadStoreKind::kPostgres, [] { kill_part("postgres"); });
}

TEST_F(ServerFault, BrokerFrozenForTwentySeconds) {
  run(ReadStoreKind::kRedis, [] { freeze_part("kafka", std::chrono::seconds(20)); });
}

TEST_F(ServerFault, BrokerKilledAndStartedAgain) {
  run(ReadStoreKind::kRedis, [] { kill_part("kafka"); });
}

TEST_F(ServerFault, RedisKilledAndStartedAgain) {
  run(ReadStoreKind::kRedis, [] { kill_part("redis"); });
}

// Views and checkpoint are gone together: the projector begins anew, from the record.
TEST_F(ServerFault, RedisIsEmptied) {
  run(ReadStoreKind::kRedis, [] {
    const std::string url = support::parts().redis;
    const std::string port = url.substr(url.rfind(':') + 1);
    ASSERT_EQ(std::system(("redis-cli -p " + port + " FLUSHALL >/dev/null").c_str()), 0);
  });
}

TEST_F(ServerFault, MongoServerKilledAndStartedAgain) {
  run(ReadStoreKind::kMongo, [] { kill_part("mongo"); });
}

// The commit reaches PostgreSQL and its answer does not reach the command role: in doubt, for each
// command of the group. The clients repeat them under their keys and nothing happens twice.
TEST_F(ServerFault, AnswersToCommitsAreLost) {
  StandardSystem system;
  FaultProxy proxy(system.config().postgres);
  system.config().postgres = proxy.url();
  run(system, [&] {
    for (int i = 0; i < 5; ++i) {
      proxy.lose_answer_to("COMMIT");
      ASSERT_TRUE(wait_until([&] { return proxy.struck() > i; }));
    }
  });
}

TEST_F(ServerFault, CommitsAreLostOnTheirWay) {
  StandardSystem system;
  FaultProxy proxy(system.config().postgres);
  system.config().postgres = proxy.url();
  run(system, [&] {
    for (int i = 0; i < 5; ++i) {
      proxy.lose_request("COMMIT");
      ASSERT_TRUE(wait_until([&] { return proxy.struck() > i; }));
    }
  });
}

TEST_F(ServerFault, ConnectionsToPostgresAreResetAndTheServerIsAwayForAWhile) {
  StandardSystem system;
  FaultProxy proxy(system.config().postgres);
  system.config().postgres = proxy.url();
  run(system, [&] {
    proxy.reset(true);
    std::this_thread::sleep_for(std::chrono::seconds(4));
    proxy.accept_again();
  });
}

TEST_F(ServerFault, RedisIsSilentWithItsConnectionsOpen) {
  StandardSystem system;
  FaultProxy proxy(system.config().redis);
  system.config().redis = proxy.url();
  run(system, [&] {
    proxy.freeze(true);
    std::this_thread::sleep_for(std::chrono::seconds(8));
    proxy.freeze(false);
  });
}

TEST_F(ServerFault, EveryAnswerOfPostgresTakesTwentyMilliseconds) {
  StandardSystem system;
  FaultProxy proxy(system.config().postgres);
  system.config().postgres = proxy.url();
  run(system, [&] {
    proxy.delay(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::seconds(4));
    proxy.delay(std::chrono::milliseconds(0));
  });
}

}  // namespace
}  // namespace cqrs::e2e
