// A system's life as its user drives it: up, seed, verify, status, down; who may own a directory.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 2'000 / kSlowdown;

Words seed_words(int each, int seed = 42) {
  const std::string count = std::to_string(each);
  return {"seed",     "--users", count,    "--products",        count,
          "--orders", count,     "--seed", std::to_string(seed)};
}

TEST(LifeCycle, UpSaysWhereItListensAndStatusFindsItReady) {
  const TestSystem system;
  const Json up = system.ctl_json({"up"});
  EXPECT_EQ(up.value("was_running", true), false);
  const Json status = system.ctl_json({"status"});
  expect_fields(status,
                {"head_position", "applied_position", "lag", "caught_up", "counts", "roles"});
  expect_fields(status.at("lag"), {"records", "seconds"});
  EXPECT_EQ(status.value("url", ""), up.value("url", "?"));
  EXPECT_EQ(status.value("caught_up", false), true);
  ASSERT_FALSE(status.at("roles").empty());
  for (const auto& role : status.at("roles")) {
    expect_fields(role, {"role", "pid", "ready"});
    EXPECT_EQ(role.value("pid", 0), up.value("pid", -1));
    EXPECT_EQ(role.value("ready", false), true) << role;
  }
}

TEST(LifeCycle, SeedReportsWhatWasSentAcknowledgedAndVisible) {
  const TestSystem system;
  system.up();
  const Json seed = system.ctl_json(seed_words(kEach));
  expect_fields(seed, {"verdict", "sent", "acked", "rejected", "indeterminate", "elapsed_s",
                       "entities_per_s", "visible_after_s", "lost", "latency_ms", "staleness_ms",
                       "achieved_ratio", "cpu_us_per_cmd", "rss_bytes", "slos"});
  for (const char* histogram : {"latency_ms", "staleness_ms"}) {
    expect_fields(seed.at(histogram), {"p50", "p90", "p95", "p99", "p999", "max"});
  }
  ASSERT_FALSE(seed.at("slos").empty());
  for (const auto& slo : seed.at("slos")) {
    expect_fields(slo, {"slo", "ok", "observed", "unit", "samples"});
    EXPECT_EQ(slo.value("ok", false), true) << slo;
  }
  EXPECT_EQ(seed.value("verdict", ""), "pass");
  EXPECT_EQ(seed.value("sent", 0), 3 * kEach);
  EXPECT_EQ(seed.value("acked", 0), 3 * kEach);
  EXPECT_EQ(seed.value("rejected", -1), 0);
  EXPECT_EQ(seed.value("indeterminate", -1), 0);
  EXPECT_EQ(seed.value("lost", -1), 0);
  const Json counts = system.ctl_json({"status"}).at("counts");
  for (const char* kind : {"users", "products", "orders"}) EXPECT_EQ(counts.value(kind, 0), kEach);
}

TEST(LifeCycle, VerifyPassesInEveryModeAfterASeed) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(kEach));
  for (const char* mode : {"", "counts", "buckets", "deep", "ledger", "order"}) {
    SCOPED_TRACE(mode);
    Words words{"verify"};
    if (*mode != '\0') words.insert(words.end(), {"--mode", mode});
    const Json verify = system.ctl_json(words);
    expect_fields(
        verify, {"verdict", "elapsed_s", "entities", "rows_fetched", "differences", "mismatches"});
    EXPECT_EQ(verify.value("verdict", ""), "pass");
    EXPECT_EQ(verify.at("mismatches"), Json::array());
    expect_no_differences(verify);
  }
}

TEST(LifeCycle, SeedingTheSameSeedTwiceIsRefusedWithTheWayOut) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(20));
  const auto head = system.head();
  const Json refused = system.ctl_json(seed_words(20), 2);
  EXPECT_NE(refused.at("error").value("hint", "").find("--seed"), std::string::npos) << refused;
  EXPECT_EQ(system.head(), head);
  EXPECT_EQ(system.ctl_json(seed_words(20, 43)).value("verdict", ""), "pass");
}

TEST(LifeCycle, SendingTheSameSeedIntoAnotherLedgerIsAnsweredFromTheIdempotencyRecords) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(50));
  const auto head = system.head();
  Words again = seed_words(50);
  again.insert(again.end(), {"--ledger", system.scratch("again.bin")});
  const Json seed = system.ctl_json(again);
  EXPECT_EQ(seed.value("acked", 0), 150);
  EXPECT_EQ(seed.value("replayed", 0), 150);
  EXPECT_EQ(system.head(), head);
}

TEST(LifeCycle, DataSurvivesDownAndUp) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(100));
  system.down();
  // Nothing serves, and still the files can be verified.
  expect_no_differences(system.ctl_json({"verify"}));
  system.up();
  EXPECT_EQ(system.head(), 300);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

TEST(LifeCycle, CommandsThatNeedASystemSayHowToStartOne) {
  const TestSystem system;
  system.up();
  system.down();
  for (const Words& words : {Words{"status"}, Words{"seed"}, Words{"replay"}, Words{"down"}}) {
    SCOPED_TRACE(words.front());
    const Json error = system.ctl_json(words, 3);
    expect_fields(error, {"error"});
    expect_fields(error.at("error"), {"code", "message", "hint"});
    EXPECT_NE(error.at("error").value("hint", "").find("cqrsctl up"), std::string::npos) << error;
    EXPECT_NE(system.ctl(words).err.find("cqrsctl up"), std::string::npos);
  }
}

TEST(LifeCycle, ASecondUpSaysAlreadyRunningAndChangesNothing) {
  const TestSystem system;
  system.up();
  const int pid = system.pid();
  const Finished second = system.ctl({"up"});
  EXPECT_EQ(second.exit_code, 0) << second;
  EXPECT_NE(second.out.find("already running"), std::string::npos) << second;
  EXPECT_EQ(system.ctl_json({"up"}).value("was_running", false), true);
  EXPECT_EQ(system.pid(), pid);
}

TEST(LifeCycle, RebuildingViewsOfARunningSystemIsRefusedNamingTheReplay) {
  const TestSystem system;
  system.up();
  const Finished refused = system.ctl({"up", "--rebuild-views"});
  EXPECT_EQ(refused.exit_code, 2) << refused;
  EXPECT_NE(refused.err.find(": cqrsctl replay --execute --switch"), std::string::npos) << refused;
  EXPECT_EQ(system.get("/v1/admin/generations").at("generations").size(), 1U);
}

TEST(LifeCycle, ASecondServiceOnTheSameDirectoryIsRefusedNamingTheOwner) {
  const TestSystem system;
  system.up();
  const Finished second = system.service({"--data-dir", system.dir()});
  EXPECT_EQ(second.exit_code, 2) << second;
  EXPECT_NE(second.err.find(std::to_string(system.pid())), std::string::npos) << second;
  EXPECT_EQ(system.ask("GET", "/readyz").status, 200);
}

TEST(LifeCycle, UpAfterTheServiceWasKilledStartsAnew) {
  const TestSystem system;
  system.up();
  const int killed = system.pid();
  system.kill_service();
  system.ctl_json({"status"}, 3);
  EXPECT_EQ(system.ctl_json({"up"}).value("was_running", true), false);
  EXPECT_NE(system.pid(), killed);
}

TEST(LifeCycle, APortInUseIsNamed) {
  const TestSystem first;
  first.up();
  const TestSystem second;
  const std::string listen = "127.0.0.1:" + std::to_string(first.port());
  const Json error = second.ctl_json({"up", "--listen", listen}, 3);
  EXPECT_NE(error.at("error").value("message", "").find(listen), std::string::npos) << error;
  EXPECT_NE(error.at("error").value("message", "").find("in use"), std::string::npos) << error;
  second.ctl_json({"status"}, 3);
}

TEST(LifeCycle, AnInterruptedSeedKeepsItsLedgerAndLosesNothing) {
  const TestSystem system;
  system.up();
  Words words = seed_words(100'000);
  words.insert(words.begin(), {"-o", "json"});
  Process seed(system.words(words), system.variables());
  // At most 512 commands are in flight, so the others' answers have been read.
  ASSERT_TRUE(wait_until([&] { return system.head() >= 1'100; }));
  seed.send(SIGINT);
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished;
  const Json stat = system.ctl_json({"ledger", "stat"});
  EXPECT_GE(stat.value("acknowledged", 0), 500);
  const Json verify = system.ctl_json({"verify"}, stat.value("indeterminate", 0) > 0 ? 4 : 0);
  expect_no_differences(verify);
}

TEST(LifeCycle, DoctorFindsNothingMissingBeforeWhileAndAfterASystemRuns) {
  const TestSystem system;
  EXPECT_EQ(system.ctl_json({"doctor"}).value("ok", false), true);
  system.up();
  EXPECT_EQ(system.ctl_json({"doctor"}).value("ok", false), true);
  system.down();
  EXPECT_EQ(system.ctl_json({"doctor"}).value("ok", false), true);
}

TEST(LifeCycle, EventsCanBeTailedShownAndChecked) {
  const TestSystem system;
  system.up();
  system.ctl_json(seed_words(10));
  const Finished tail = system.ctl({"-o", "json", "events", "tail", "--last", "3"});
  EXPECT_EQ(tail.exit_code, 0) << tail;
  EXPECT_EQ(std::count(tail.out.begin(), tail.out.end(), '\n'), 3) << tail;
  const Json first = system.ctl_json({"events", "show", "1"});
  EXPECT_EQ(first.value("specversion", ""), "1.0") << first;
  EXPECT_EQ(system.ctl_json({"events", "check"}).value("events", 0), 30);
  ASSERT_TRUE(wait_until([&] { return system.applied() == 30; }));
  EXPECT_EQ(system.ctl_json({"events", "lag"}).at("lag").value("records", -1), 0);
  EXPECT_EQ(system.ctl_json({"events", "show", "31"}, 3).at("error").value("code", ""),
            "not_found");
}

}  // namespace
}  // namespace cqrs::e2e
