// A seed that was killed is resumed until it is done: exactly what was asked for is there, nothing
// twice, and the ledger proves it; whoever was killed, at whatever moment, however often.
#include "core/base/failpoint.h"

#include "tests/e2e/support/system.h"
#include "tests/fault/random_source.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 12'000 / kSlowdown;
constexpr int kTotal = 3 * kEach;

enum class Victim { kClient, kService, kBoth };
struct Case {
  const char* name;
  const char* via;
  Victim victim;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

class Resume : public testing::TestWithParam<Case> {
 protected:
  Resume() { system_.up(listen_); }

  // The first run names what it wants, every later one takes it from the ledger.
  [[nodiscard]] Words command() const {
    Words words = system_.words({"-o", "json", "seed", "--via", GetParam().via, "--no-verify"});
    const std::string count = std::to_string(kEach);
    const Words fresh{"--users", count, "--products", count, "--orders", count};
    const Words more =
        std::filesystem::exists(system_.file("ledgers/seed-42.bin")) ? Words{"--resume"} : fresh;
    words.insert(words.end(), more.begin(), more.end());
    if (GetParam().via == std::string("bulk")) {
      words.insert(words.end(), {"--batch", "200"});
    }
    return words;
  }

  void kill_service() {
    system_.kill_service();
    system_.up(listen_);
  }

  void expect_exactly_all() const {
    const Json stat = system_.ctl_json({"ledger", "stat"});
    EXPECT_EQ(stat.value("acknowledged", 0), kTotal) << stat;
    EXPECT_EQ(stat.value("intended", 0), kTotal) << stat;
    EXPECT_EQ(stat.value("torn_bytes", -1), 0) << stat;
    EXPECT_EQ(system_.head(), kTotal) << "one event each, none twice";
    EXPECT_EQ(system_.ctl_json({"events", "check"}).value("events", 0), kTotal);
    const Json deep = system_.ctl_json({"verify", "--mode", "deep"});
    EXPECT_EQ(deep.value("verdict", ""), "pass") << deep;
    EXPECT_EQ(deep.value("entities", 0), kTotal);
    expect_no_differences(deep);
    const Json status = system_.ctl_json({"status"});
    for (const char* kind : {"users", "products", "orders"}) {
      EXPECT_EQ(status.at("counts").value(kind, 0), kEach) << status;
    }
  }

  const TestSystem system_;
  const std::string listen_ = "127.0.0.1:" + std::to_string(free_port());
};

TEST_P(Resume, EndsWithExactlyWhatWasAskedForHoweverOftenItIsKilled) {
  auto random = random_source();
  int kills = 0;
  for (int i = 0; i < 6; ++i) {
    Process seed(command(), system_.variables());
    const auto from = system_.head();
    const auto part = static_cast<std::uint64_t>(std::max<std::int64_t>(1, (kTotal - from) / 3));
    const auto strike = from + static_cast<std::int64_t>(random.below(part));
    ASSERT_TRUE(wait_until([&] { return system_.head() > strike || !seed.running(); }));
    if (!seed.running()) break;
    ++kills;
    if (GetParam().victim == Victim::kService) {
      kill_service();
      // Struck again under the same client, which then has its own end.
      ASSERT_TRUE(wait_until([&] { return system_.head() > strike + 100 || !seed.running(); }));
    }
    seed.send(SIGKILL);
    (void)seed.wait();
    if (GetParam().victim == Victim::kBoth) kill_service();
  }
  EXPECT_GE(kills, 3);
  Process last(command(), system_.variables());
  const Finished finished = last.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  const Json seed = finished.json();
  std::cout << kills << " kills; the last run found " << seed.value("settled_before", 0)
            << " settled, sent " << seed.value("sent", 0) << ", of which "
            << seed.value("replayed", 0) << " had been executed" << std::endl;
  EXPECT_EQ(seed.value("verdict", ""), "pass") << finished;
  EXPECT_EQ(seed.at("total").value("acked", 0), kTotal);
  expect_exactly_all();
}

INSTANTIATE_TEST_SUITE_P(Killed, Resume,
                         testing::Values(Case{"ClientOverHttp", "http", Victim::kClient},
                                         Case{"ClientOverBulk", "bulk", Victim::kClient},
                                         Case{"ServiceAndClientOverHttp", "http", Victim::kService},
                                         Case{"ServiceAndClientOverBulk", "bulk", Victim::kService},
                                         Case{"BothAtOnceOverHttp", "http", Victim::kBoth},
                                         Case{"BothAtOnceOverBulk", "bulk", Victim::kBoth}),
                         [](const testing::TestParamInfo<Case>& one) { return one.param.name; });

// Method: a client dies at a named place, its resume at the same place again, and so on until the
// last one has nothing left to die of.
TEST(ResumeOnce, AClientThatDiesAtTheSamePlaceAgainAndAgainStillGetsThere) {
  struct Place {
    const char* point;
    const char* via;
  };
  for (const Place& place :
       {Place{"ledger.mid_block:4", "http"}, Place{"ledger.mid_block:4", "bulk"},
        Place{"ledger.after_intent:1", "bulk"}, Place{"seed.after_answer:700", "http"},
        Place{"seed.after_answer:700", "bulk"}}) {
    SCOPED_TRACE(std::string(place.point) + " " + place.via);
    const TestSystem system;
    system.up();
    Variables variables = system.variables();
    variables.emplace_back(failpoint::kVariable, place.point);
    Words words = system.words(
        {"seed", "--via", place.via, "--users", "1000", "--products", "1000", "--orders", "1000"});
    int deaths = 0;
    Finished finished = run(words, variables);
    for (; finished.signal == SIGKILL && deaths < 20; ++deaths) {
      finished = run(system.words({"seed", "--via", place.via, "--resume"}), variables);
    }
    EXPECT_EQ(finished.exit_code, 0) << finished;
    EXPECT_GE(deaths, 2) << finished;
    EXPECT_EQ(system.ctl_json({"ledger", "stat"}).value("acknowledged", 0), 3'000);
    EXPECT_EQ(system.head(), 3'000) << "one event each, none twice";
    expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
  }
}

// Half a block on the disk and an error: the ledger must stay one that can be resumed.
TEST(ResumeOnce, ASeedWhoseLedgerCannotBeWrittenEndsAndIsResumed) {
  const TestSystem system;
  system.up();
  Variables variables = system.variables();
  variables.emplace_back(failpoint::kVariable, "ledger.mid_block:6,error");
  const Finished failed =
      run(system.words({"seed", "--users", "1000", "--products", "1000", "--orders", "1000"}),
          variables);
  EXPECT_EQ(failed.exit_code, 3) << failed;
  EXPECT_EQ(system.ctl_json({"ledger", "stat"}).value("torn_bytes", -1), 0);
  const Json resumed = system.ctl_json({"seed", "--resume"});
  EXPECT_EQ(resumed.at("total").value("acked", 0), 3'000) << resumed;
  EXPECT_EQ(system.head(), 3'000);
}

TEST(ResumeOnce, ABulkSeedSurvivesTheServiceBeingKilledUnderIt) {
  auto random = random_source();
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  system.up(listen);
  const std::string count = std::to_string(kEach);
  Process seed(system.words({"-o", "json", "seed", "--via", "bulk", "--batch", "100", "--users",
                             count, "--products", count, "--orders", count}),
               system.variables());
  for (int i = 0; i < 3; ++i) {
    const auto strike = static_cast<std::int64_t>(static_cast<std::uint64_t>(i * kTotal / 3) +
                                                  random.below(kTotal / 4));
    ASSERT_TRUE(wait_until([&] { return system.head() > strike || !seed.running(); }));
    if (!seed.running()) break;
    system.kill_service();
    system.up(listen);
  }
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  EXPECT_EQ(finished.json().value("acked", 0), kTotal);
  EXPECT_EQ(finished.json().value("lost", -1), 0);
  EXPECT_EQ(system.head(), kTotal);
}

}  // namespace
}  // namespace cqrs::e2e
