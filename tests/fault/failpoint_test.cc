// Each failpoint is hit with SIGKILL at its first occurrences and at random ones, under commands of
// every kind; afterwards everything acknowledged is there, once, and the views agree.
#include "core/base/failpoint.h"

#include "tests/e2e/support/mixed_load.h"
#include "tests/fault/random_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <set>
#include <string>

namespace cqrs::e2e {
namespace {

// Where a service dies under load, where a client does, and where a service that switches does.
constexpr const char* kOfService[] = {"command.before_lock", "command.after_write",
                                      "command.after_commit", "projector.after_apply",
                                      "projector.after_commit"};
constexpr const char* kOfClient[] = {"ledger.mid_block", "ledger.after_intent",
                                     "seed.after_answer"};
constexpr const char* kOfSwitch[] = {"switch.before_pointer", "switch.after_pointer",
                                     "switch.after_readers"};

Variables armed(const std::string& text) { return {{failpoint::kVariable, text}}; }

std::string test_name(const testing::TestParamInfo<const char*>& point) {
  std::string name = point.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

// The first ones, where state is fresh, and some that chance picks.
std::vector<std::uint64_t> occurrences(support::Random& random, std::uint64_t most) {
  std::vector<std::uint64_t> all{1, 2, 3, 5, 8};
  for (int i = 0; i < 4 * repeats(); ++i) all.push_back(1 + random.below(most));
  return all;
}

Words small_seed() {
  return {"seed", "--users", "1500", "--products", "1500", "--orders", "1500", "--depth", "32"};
}

TEST(Failpoints, EveryOneOfTheListIsTriedHere) {
  std::set<std::string> tried(std::begin(kOfService), std::end(kOfService));
  tried.insert(std::begin(kOfClient), std::end(kOfClient));
  tried.insert(std::begin(kOfSwitch), std::end(kOfSwitch));
  for (const auto& point : failpoint::kPoints) {
    EXPECT_EQ(tried.count(std::string(point.name)), 1U) << point.name << " is not tried";
  }
  EXPECT_EQ(tried.size(), failpoint::kPoints.size());
}

// Starts the service so that it dies at this point, and waits until it has. A projector that has
// events to apply may get there before the service is ready.
void up_and_die(const TestSystem& system, const std::string& listen, const std::string& point) {
  SCOPED_TRACE(point);
  Variables variables = system.variables();
  variables.emplace_back(failpoint::kVariable, point);
  const Finished up = run(system.words({"up", "--listen", listen}), variables);
  if (up.exit_code == 0) {
    EXPECT_EQ(system.await_end(), SIGKILL) << read_text(system.file("cqrsd.log"));
  } else {
    EXPECT_EQ(up.exit_code, 3) << up;
    EXPECT_NE(up.err.find("signal 9 ended the service"), std::string::npos) << up;
  }
}

class ServiceFailpoint : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Kill, ServiceFailpoint, testing::ValuesIn(kOfService), test_name);

TEST_P(ServiceFailpoint, LosesAndDoublesNothing) {
  auto random = random_source();
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  const std::string name = GetParam();
  const auto all = occurrences(random, 100);
  system.up(listen);
  Words words = small_seed();
  words.insert(words.begin(), {"-o", "json"});
  Process seed(system.words(words), system.variables());
  ASSERT_TRUE(wait_until([&] { return system.head() > 0; }));
  MixedLoad load(system.endpoint(), {.seed = 1 + random.below(1'000)});
  system.kill_service();
  for (const auto occurrence : all) {
    up_and_die(system, listen, name + ":" + std::to_string(occurrence));
  }
  ASSERT_FALSE(HasFailure());
  system.up(listen);
  ASSERT_TRUE(load.finish());
  const Finished seeded = seed.wait();
  EXPECT_EQ(seeded.exit_code, 0) << seeded;
  EXPECT_EQ(seeded.json().value("acked", 0), 4'500) << seeded;
  load.expect_all_there(system, 4'500);
  std::cout << load.acknowledged() << " acknowledged, " << load.repeated() << " sent again, "
            << load.replayed() << " of them had been committed" << std::endl;
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  expect_no_differences(verify);
}

class ClientFailpoint : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Kill, ClientFailpoint, testing::ValuesIn(kOfClient), test_name);

// Method: the killed client's commands are sent once more under the same idempotency keys, by the
// same seed with a second ledger. Whatever the first ledger says was acknowledged must be there.
TEST_P(ClientFailpoint, LeavesALedgerThatProvesWhatItSays) {
  auto random = random_source();
  const std::string name = GetParam();
  std::vector<std::uint64_t> all{1, 2, 5};
  if (name == "ledger.after_intent") all = {1, 2, 3};  // one per kind: a seed has no more
  if (name == "seed.after_answer") all.push_back(1 + random.below(4'000));
  for (const auto occurrence : all) {
    SCOPED_TRACE(name + ":" + std::to_string(occurrence));
    const TestSystem system;
    system.up();
    Variables variables = system.variables();
    variables.emplace_back(failpoint::kVariable, name + ":" + std::to_string(occurrence));
    const Finished killed = run(system.words(small_seed()), variables);
    ASSERT_EQ(killed.signal, SIGKILL) << killed;
    const Json stat = system.ctl_json({"ledger", "stat"});
    EXPECT_EQ(stat.value("acknowledged", 0) + stat.value("indeterminate", 0),
              stat.value("intended", -1));
    EXPECT_LE(stat.value("acknowledged", 0), system.head());
    expect_no_differences(system.ctl_json({"verify"}, stat.value("indeterminate", 0) > 0 ? 4 : 0));

    Words again = small_seed();
    again.insert(again.end(), {"--ledger", system.file("ledgers/again.bin")});
    const Json second = system.ctl_json(again);
    EXPECT_EQ(second.value("acked", 0), 4'500) << second;
    EXPECT_EQ(system.head(), 4'500) << "one event each, none twice";
    const Json verify = system.ctl_json({"verify", "--mode", "deep"});
    EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
    expect_no_differences(verify);
  }
}

class SwitchFailpoint : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Kill, SwitchFailpoint, testing::ValuesIn(kOfSwitch), test_name);

std::int64_t live_generation(const TestSystem& system) {
  const Json all = system.get("/v1/admin/generations");
  for (const Json& generation : all.at("generations")) {
    if (generation.value("live", false)) return generation.value("generation", 0);
  }
  return 0;
}

TEST_P(SwitchFailpoint, LeavesTheOldOrTheNewGenerationLiveAndBothWhole) {
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  system.up(listen, armed(GetParam()));
  MixedLoad load(system.endpoint(), {.chains = 8});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 500; }));
  Process replay(system.words({"replay", "--execute", "--switch"}), system.variables());
  ASSERT_EQ(system.await_end(), SIGKILL) << replay.wait();
  system.up(listen);
  const bool moved = std::string(GetParam()) != "switch.before_pointer";
  // A replay that outlives the restart may have switched by itself by now.
  const auto live = live_generation(system);
  EXPECT_TRUE(live == 2 || (live == 1 && !moved)) << live;
  (void)replay.wait();
  if (live_generation(system) == 1) {
    EXPECT_EQ(system.ctl_json({"replay", "--execute", "--switch"}).value("equal", false), true);
  }
  EXPECT_GE(live_generation(system), 2);
  ASSERT_TRUE(load.finish());
  load.expect_all_there(system);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

struct InjectedError {
  const char* point;
  const char* refusal;  // the problem code that clients see; empty: they notice nothing
};
std::ostream& operator<<(std::ostream& out, const InjectedError& error) {
  return out << error.point;
}

class ErrorFailpoint : public testing::TestWithParam<InjectedError> {};
INSTANTIATE_TEST_SUITE_P(Error, ErrorFailpoint,
                         testing::Values(InjectedError{"command.before_lock", "unavailable"},
                                         InjectedError{"command.after_write", ""},
                                         InjectedError{"projector.after_apply", ""}),
                         [](const testing::TestParamInfo<InjectedError>& error) {
                           return test_name({error.param.point, error.index});
                         });

TEST_P(ErrorFailpoint, IsAnsweredAndGotOver) {
  const TestSystem system;
  system.up("127.0.0.1:0", armed(std::string(GetParam().point) + ":20,error"));
  MixedLoad load(system.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 3'000 / kSlowdown; }));
  ASSERT_TRUE(load.finish());
  load.expect_all_there(system);
  const auto refusals = load.refusals();
  // A statement that fails stands for one command at most; alone in its group, it is `internal`.
  for (const auto& [code, count] : refusals) {
    EXPECT_TRUE(code == GetParam().refusal || (code == "internal" && count == 1))
        << count << " answers with " << code;
  }
  if (*GetParam().refusal != '\0') {
    EXPECT_GT(refusals.count(GetParam().refusal), 0U);
  }
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

TEST(Failpoints, AnUnknownNameIsRefusedByBothPrograms) {
  const TestSystem system;
  Variables variables = system.variables();
  variables.emplace_back(failpoint::kVariable, "command.after_comit");
  for (const Words& words : {Words{CQRSD_PROGRAM, "--data-dir", system.dir()},
                             Words{CQRSCTL_PROGRAM, "--data-dir", system.dir(), "status"}}) {
    const Finished finished = run(words, variables);
    EXPECT_EQ(finished.exit_code, 2) << finished;
    EXPECT_NE(finished.err.find("command.after_commit"), std::string::npos) << finished;
  }
}

}  // namespace
}  // namespace cqrs::e2e
