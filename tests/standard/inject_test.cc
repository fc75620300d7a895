// Differences planted in scratch copies on the real servers are found exactly, also while the
// system works, and nothing of the copies is left behind whatever becomes of the tool.
#include "core/wiring/standard.h"

#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <csignal>

namespace cqrs::e2e {
namespace {

const Words kInject{"verify", "--inject", "lost=4,dup=4,phantom=2,stale=5,swap=3,field=4"};

std::string name_of(const testing::TestParamInfo<ReadStoreKind>& info) {
  return std::string(read_store_name(info.param));
}

class StandardInjection : public testing::TestWithParam<ReadStoreKind> {
 protected:
  StandardInjection() {
    system_.up_standard();
    (void)system_.ctl_json({"seed", "--users", "200", "--products", "200", "--orders", "200"});
  }

  void expect_found_exactly() const {
    const Json verify = system_.ctl_json(kInject, 1);
    EXPECT_EQ(verify.at("injection").value("exact", false), true) << verify;
    bool told = false;
    for (const auto& edge : verify.at("edges")) {
      if (edge.value("edge", "") != "topics = events") continue;
      told = edge.value("note", "").find("not part of") != std::string::npos;
    }
    EXPECT_TRUE(told) << "nothing is said of the topics: " << verify;
  }
  // On all servers that the copies are on, under the name that comes first.
  [[nodiscard]] bool nothing_left() const {
    return scratch_schemas() == 0 && scratch_generations().empty();
  }
  [[nodiscard]] int scratch_schemas() const {
    pqxx::connection session(system_.servers().postgres);
    pqxx::work work(session);
    return work
        .exec_params1("SELECT count(*) FROM pg_namespace WHERE starts_with(nspname::text, $1)",
                      system_.servers().name + "_inject_")[0]
        .as<int>();
  }
  // The server takes a moment to notice that a process is gone. Nobody else holds such a lock.
  [[nodiscard]] int owned_names() const {
    pqxx::connection session(system_.servers().postgres);
    pqxx::work work(session);
    return work
        .exec1(
            "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE "
            "l.locktype = 'advisory' AND a.application_name LIKE '%verify%'")[0]
        .as<int>();
  }
  [[nodiscard]] std::vector<int> scratch_generations() const {
    StandardConfig scratch = system_.servers();
    scratch.name += "_inject_1";
    auto stored = standard::stored_generations(scratch);
    EXPECT_TRUE(stored.ok());
    return stored ? *stored : std::vector<int>{-1};
  }

  StandardSystem system_{GetParam()};
};

TEST_P(StandardInjection, WhatIsPlantedIsFoundExactlyAndTheSystemKeepsItsData) {
  expect_found_exactly();
  EXPECT_TRUE(nothing_left());
  system_.expect_proven();
}

TEST_P(StandardInjection, ItWorksBesideWrites) {
  MixedLoadOptions options;
  options.chains = 2;  // the copy's views have to catch up with what was written meanwhile
  MixedLoad load(system_.endpoint(), options);
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() > 100; }));
  expect_found_exactly();
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(nothing_left());
}

TEST_P(StandardInjection, CopiesOfAKilledRunAreRemovedByTheNext) {
  // Dies at the first change of the copy, when all of it is there.
  const Finished killed = run(system_.words(kInject), {{"CQRS_FAILPOINT", "command.before_lock"}});
  EXPECT_EQ(killed.signal, SIGKILL) << killed;
  EXPECT_FALSE(nothing_left()) << "it died too early to prove anything";
  ASSERT_TRUE(wait_until([&] { return owned_names() == 0; }));
  expect_found_exactly();
  EXPECT_TRUE(nothing_left());
  system_.expect_proven();
}

TEST_P(StandardInjection, AnInterruptedRunLeavesNothing) {
  Process verify(system_.words(kInject), {{"CQRS_FAILPOINT", "command.before_lock,delay=2000ms"}});
  ASSERT_TRUE(wait_until([&] { return scratch_schemas() > 0; }));
  verify.send(SIGINT);
  const Finished finished = verify.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished;
  EXPECT_TRUE(nothing_left());
}

INSTANTIATE_TEST_SUITE_P(ReadStores, StandardInjection,
                         testing::Values(ReadStoreKind::kRedis, ReadStoreKind::kMongo,
                                         ReadStoreKind::kPostgres),
                         name_of);

}  // namespace
}  // namespace cqrs::e2e
