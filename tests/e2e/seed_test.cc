// `cqrsctl seed` as its users meet it: what its flags do, what its JSON holds, how it ends.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace cqrs::e2e {
namespace {

Words seed_words(int each, const Words& more = {}) {
  const std::string count = std::to_string(each);
  Words words{"seed", "--users", count, "--products", count, "--orders", count};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void expect_complete(const TestSystem& system, int total) {
  const Json stat = system.ctl_json({"ledger", "stat"});
  EXPECT_EQ(stat.value("acknowledged", 0), total) << stat;
  EXPECT_EQ(stat.value("indeterminate", -1), 0) << stat;
  EXPECT_EQ(system.head(), total) << "one event each, none twice";
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  EXPECT_EQ(verify.value("entities", 0), total);
  expect_no_differences(verify);
}

TEST(Seed, BothWaysOfSendingLeaveTheSameEntities) {
  for (const char* via : {"http", "bulk"}) {
    const TestSystem system;
    system.up();
    const Json seed = system.ctl_json(seed_words(700, {"--via", via}));
    EXPECT_EQ(seed.value("verdict", ""), "pass") << seed;
    EXPECT_EQ(seed.value("via", ""), via);
    EXPECT_EQ(seed.value("acked", 0), 2'100);
    EXPECT_EQ(seed.value("lost", -1), 0);
    expect_complete(system, 2'100);
    EXPECT_EQ(system.get("/v1/users/018cc251-f400-7c17-936c-90b9c5993da3").value("name", ""),
              "Grace Knuth");
  }
}

TEST(Seed, ABatchMayBeOfAnySizeThatTheServiceTakes) {
  for (const char* batch : {"1", "7", "10000"}) {
    const TestSystem system;
    system.up();
    const Json seed = system.ctl_json(seed_words(300, {"--via", "bulk", "--batch", batch}));
    EXPECT_EQ(seed.value("acked", 0), 900) << seed;
    expect_complete(system, 900);
  }
}

TEST(Seed, TheSameCommandsCanBeSentAgainTheOtherWayAndAreExecutedOnce) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(200));
  const Json again =
      system.ctl_json(seed_words(200, {"--via", "bulk", "--ledger", system.file("again.bin")}));
  EXPECT_EQ(again.value("verdict", ""), "pass") << again;
  EXPECT_EQ(again.value("replayed", 0), 600);
  EXPECT_EQ(system.head(), 600);
}

TEST(Seed, EveryRunTellsItsFieldsAndCounts) {
  const TestSystem system;
  system.up();
  const Json seed = system.ctl_json(seed_words(100));
  expect_fields(seed, {"verdict",
                       "sent",
                       "acked",
                       "rejected",
                       "indeterminate",
                       "elapsed_s",
                       "entities_per_s",
                       "visible_after_s",
                       "lost",
                       "latency_ms",
                       "staleness_ms",
                       "service_time_ms",
                       "achieved_ratio",
                       "cpu_us_per_cmd",
                       "rss_bytes",
                       "slos",
                       "via",
                       "model",
                       "total",
                       "resumed",
                       "interrupted"});
  expect_fields(seed.at("latency_ms"), {"p50", "p90", "p95", "p99", "p999", "max"});
  EXPECT_EQ(seed.value("sent", 0), 300);
  EXPECT_EQ(seed.at("latency_ms").value("samples", 0), 300);
  EXPECT_EQ(seed.value("model", ""), "closed");
  EXPECT_EQ(seed.value("achieved_ratio", 0.0), 1.0);
  EXPECT_FALSE(seed.contains("next")) << seed;
}

TEST(Seed, ARateIsKeptAndMeasuredFromTheSchedule) {
  const TestSystem system;
  system.up();
  for (const char* via : {"http", "bulk"}) {
    const Json seed = system.ctl_json(
        {"seed", "--users", "300", "--products", "0", "--orders", "0", "--rate", "600/s", "--seed",
         via == std::string("http") ? "1" : "2", "--via", via, "--min-achieved", "50%"});
    EXPECT_EQ(seed.value("model", ""), "open");
    EXPECT_EQ(seed.value("acked", 0), 300) << seed;
    EXPECT_EQ(seed.value("target_per_s", 0.0), 600.0);
    expect_fields(seed, {"schedule_lag_ms", "sent_per_s", "max_inflight"});
    EXPECT_EQ(seed.at("schedule_lag_ms").value("samples", 0), 300);
    EXPECT_GE(seed.value("elapsed_s", 0.0), 299 / 600.0) << "sent ahead of its schedule";
    EXPECT_GT(seed.value("achieved_ratio", 0.0), 0.5) << seed;
  }
}

// Method: the service is halted for a while, so that the schedule cannot be kept.
TEST(Seed, AMissedScheduleIsAnInvalidRunAndTheLagIsTold) {
  const TestSystem system;
  system.up();
  Process seed(system.words({"-o", "json", "seed", "--users", "2000", "--products", "0", "--orders",
                             "0", "--rate", "2k/s", "--max-inflight", "50"}),
               system.variables());
  ASSERT_TRUE(wait_until([&] { return system.head() >= 100; }));
  const auto halted = std::chrono::steady_clock::now();
  ::kill(system.pid(), SIGSTOP);
  (void)wait_until(
      [&] { return std::chrono::steady_clock::now() - halted > std::chrono::milliseconds(1'500); });
  ::kill(system.pid(), SIGCONT);
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 5) << finished;
  const Json result = finished.json();
  EXPECT_EQ(result.value("verdict", ""), "invalid") << finished;
  EXPECT_EQ(result.value("acked", 0), 2'000) << "late, but sent";
  EXPECT_LT(result.value("achieved_ratio", 1.0), 0.99);
  EXPECT_GT(result.at("schedule_lag_ms").value("max", 0.0), 400.0);
  EXPECT_GT(result.at("latency_ms").value("max", 0.0), 400.0) << "latency hides the lag";
}

TEST(Seed, AnInterruptedSeedSaysHowToGoOnAndCanBeResumed) {
  const TestSystem system;
  system.up();
  {
    Process seed(system.words({"-o", "json", "seed", "--users", "5000", "--products", "100",
                               "--orders", "100", "--rate", "2000"}),
                 system.variables());
    ASSERT_TRUE(wait_until([&] { return system.head() >= 200; }));
    seed.send(SIGINT);
    const Finished finished = seed.wait();
    EXPECT_EQ(finished.exit_code, 130) << finished;
    const Json partial = finished.json();
    EXPECT_EQ(partial.value("verdict", ""), "inconclusive");
    EXPECT_EQ(partial.value("interrupted", false), true);
    EXPECT_NE(partial.value("next", "").find("cqrsctl seed --resume"), std::string::npos);
    EXPECT_EQ(partial.value("sent", 0), partial.value("acked", 0) + partial.value("rejected", 0) +
                                            partial.value("indeterminate", 0));
    EXPECT_EQ(partial.value("indeterminate", -1), 0) << "answers under way were not awaited";
  }
  const Json resumed = system.ctl_json({"seed", "--resume"});
  EXPECT_EQ(resumed.value("verdict", ""), "pass") << resumed;
  EXPECT_GE(resumed.value("settled_before", 0), 200);
  EXPECT_EQ(resumed.value("settled_before", 0) + resumed.value("acked", 0), 5'200);
  EXPECT_EQ(resumed.at("total").value("acked", 0), 5'200);
  expect_complete(system, 5'200);
}

TEST(Seed, AnInterruptIsHeardWhileTheServiceIsSilent) {
  const TestSystem system;
  system.up();
  Process seed(system.words(seed_words(20'000)), system.variables());
  ASSERT_TRUE(wait_until([&] { return system.head() >= 100; }));
  ::kill(system.pid(), SIGSTOP);
  seed.send(SIGINT);
  const Finished finished = seed.wait(std::chrono::seconds(20));
  ::kill(system.pid(), SIGCONT);
  EXPECT_EQ(finished.exit_code, 130) << finished;
  EXPECT_NE(finished.out.find("cqrsctl seed --resume"), std::string::npos) << finished;
}

TEST(Seed, AResumeOfACompleteRunHasNothingToDo) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(50));
  const Finished text = system.ctl({"seed", "--resume"});
  EXPECT_EQ(text.exit_code, 0) << text;
  EXPECT_NE(text.out.find("nothing to resume"), std::string::npos) << text;
  EXPECT_EQ(system.ctl_json({"seed", "--resume"}).value("sent", -1), 0);
  EXPECT_EQ(system.head(), 150);
}

TEST(Seed, AResumeWithoutARunIsAUsageError) {
  const TestSystem system;
  system.up();
  for (const Words& words : {Words{"seed", "--resume"},
                             Words{"seed", "--resume", "--ledger", system.file("none.bin")}}) {
    const Json out = system.ctl_json(words, 2);
    EXPECT_NE(out.at("error").value("hint", ""), "") << out;
  }
  EXPECT_EQ(system.head(), 0);
}

TEST(Seed, AResumeThatAsksForAnotherRunNamesBoth) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(50));
  const Json out = system.ctl_json({"seed", "--resume", "--users", "60"}, 2);
  const std::string message = out.at("error").value("message", "");
  EXPECT_NE(message.find("50 users"), std::string::npos) << message;
  EXPECT_NE(message.find("60 users"), std::string::npos) << message;
  const Json same = system.ctl_json({"seed", "--resume", "--users", "50", "--seed", "42"});
  EXPECT_EQ(same.value("sent", -1), 0) << "said what the ledger says";
}

TEST(Seed, ALedgerThatIsThereIsNeverWrittenOver) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(50));
  const auto size = std::filesystem::file_size(system.file("ledgers/seed-42.bin"));
  const Json out = system.ctl_json(seed_words(50), 2);
  EXPECT_NE(out.at("error").value("message", "").find("--seed"), std::string::npos) << out;
  EXPECT_EQ(std::filesystem::file_size(system.file("ledgers/seed-42.bin")), size);
  EXPECT_EQ(system.head(), 150);
}

// Method: the client's own ids, sent by somebody else under other keys: the same entity once with
// the seed's content and once with another.
TEST(Seed, AnIdThatIsTakenIsAcknowledgedWhenItHoldsTheSeedsOwnContentAndNamedOtherwise) {
  const TestSystem system;
  system.up();
  EXPECT_EQ(system
                .ask("POST", "/v1/users",
                     R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3",)"
                     R"("email":"2bd6c38bfc6e76e5.0@example.com","name":"Grace Knuth"})")
                .status,
            201);
  const Json own = system.ctl_json(
      {"seed", "--users", "20", "--products", "0", "--orders", "0", "--via", "http"});
  EXPECT_EQ(own.value("verdict", ""), "pass") << own;
  EXPECT_EQ(own.value("acked", 0), 20);
  EXPECT_EQ(own.value("replayed", 0), 1);
  EXPECT_EQ(system.head(), 20);

  const TestSystem other;
  other.up();
  EXPECT_EQ(other
                .ask("POST", "/v1/users",
                     R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3",)"
                     R"("email":"someone@example.com","name":"Someone Else"})")
                .status,
            201);
  const Finished finished =
      other.ctl({"seed", "--users", "20", "--products", "0", "--orders", "0", "--via", "bulk"});
  EXPECT_EQ(finished.exit_code, 99) << finished;
  EXPECT_NE(finished.out.find("018cc251-f400-7c17-936c-90b9c5993da3 is there already"),
            std::string::npos)
      << finished;
  EXPECT_EQ(other.head(), 20);
}

}  // namespace
}  // namespace cqrs::e2e
