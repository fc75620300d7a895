// `cqrsctl load`, `knee` and what they leave behind, as their users meet them: what the JSON holds,
// how each run ends, and that verify finds afterwards what the ledger tells.
#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

namespace cqrs::e2e {
namespace {

// A small load; `more` is added, and wins where it says something else.
Words load_words(const Words& more = {}) {
  Words words{"load", "--users", "50", "--products", "50", "--orders", "0", "--warmup", "0s"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

constexpr const char* kMixed = "create_order=60,cancel_order=10,change_price=10,get_order=20";

TEST(Load, AnOpenModelSendsItsWholeScheduleAndProvesIt) {
  const TestSystem system;
  system.up();
  const Json load =
      system.ctl_json(load_words({"--mix", kMixed, "--rate", "200", "--duration", "3s"}));
  EXPECT_EQ(load.value("verdict", ""), "pass") << load;
  EXPECT_EQ(load.value("sent", 0), 600);
  EXPECT_EQ(load.value("acked", 0), 600);
  EXPECT_EQ(load.value("rejected", -1), 0);
  EXPECT_EQ(load.value("indeterminate", -1), 0);
  EXPECT_EQ(load.value("lost", -1), 0);
  EXPECT_GE(load.value("achieved_ratio", 0.0), 0.99);
  expect_fields(load, {"verdict", "sent", "acked", "rejected", "indeterminate", "elapsed_s",
                       "entities_per_s", "visible_after_s", "lost", "latency_ms", "staleness_ms",
                       "achieved_ratio", "cpu_us_per_cmd", "rss_bytes", "slos"});
  expect_fields(load.at("latency_ms"), {"p50", "p90", "p95", "p99", "p999", "max"});
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  expect_no_differences(verify);
}

TEST(Load, EveryOperationThereIsCanBeSent) {
  const TestSystem system;
  system.up();
  const Json load = system.ctl_json(
      {"load", "--scenario", CQRS_SOURCE_DIR "/scenarios/smoke.json", "--scale", "0.3"});
  EXPECT_EQ(load.value("verdict", ""), "pass") << load;
  EXPECT_EQ(load.value("rejected", -1), 0) << load;
}

TEST(Load, TheClosedModelSaysSo) {
  const TestSystem system;
  system.up();
  const Finished load = system.ctl(
      load_words({"--mix", kMixed, "--closed", "--concurrency", "4", "--duration", "1s"}));
  EXPECT_EQ(load.exit_code, 0) << load;
  EXPECT_NE(load.out.find("closed"), std::string::npos) << load;
}

TEST(Load, AReportLiesWhereItIsSaid) {
  const TestSystem system;
  system.up();
  const std::string directory = system.file("run");
  const Finished load = system.ctl(load_words(
      {"--mix", kMixed, "--rate", "100", "--duration", "2s", "--report-dir", directory}));
  EXPECT_EQ(load.exit_code, 0) << load;
  for (const char* name :
       {"report.html", "report.json", "summary.md", "junit.xml", "timeseries.jsonl", "latency.hgrm",
        "histograms.hlog", "repro.txt", "ledger.bin"}) {
    EXPECT_TRUE(std::filesystem::exists(directory + "/" + name)) << name;
  }
  const Json report = Json::parse(read_text(directory + "/report.json"), nullptr, false);
  EXPECT_EQ(report.value("schema", ""), "cqrsctl.run/1");
  EXPECT_EQ(report.value("verdict", ""), "pass");
}

TEST(Load, ABrokenThresholdEndsWith99) {
  const TestSystem system;
  system.up();
  const Finished load = system.ctl(load_words({"--mix", kMixed, "--rate", "100", "--duration", "1s",
                                               "--slo", "command.latency:p99<1us", "-o", "json"}));
  EXPECT_EQ(load.exit_code, 99) << load;
  EXPECT_EQ(load.json().value("verdict", ""), "fail");
}

TEST(Load, AScheduleThatIsMissedEndsWith5) {
  const TestSystem system;
  system.up();
  const Finished load =
      system.ctl(load_words({"--mix", "create_order=1", "--rate", "50k", "--duration", "1s",
                             "--max-inflight", "1", "--timeout", "1s", "-o", "json"}));
  EXPECT_EQ(load.exit_code, 5) << load;
  EXPECT_EQ(load.json().value("verdict", ""), "invalid");
  EXPECT_LT(load.json().value("achieved_ratio", 1.0), 0.99);
}

TEST(Load, NothingRunsHereEndsWith3) {
  const TestSystem system;
  EXPECT_EQ(system.ctl({"load", "--rate", "10"}).exit_code, 3);
}

TEST(Load, BadInputEndsWith2AndSendsNothing) {
  const TestSystem system;
  system.up();
  const std::vector<Words> bad{
      {"load", "--mix", "create_ordr=1"},
      {"load", "--rate", "fast"},
      {"load", "--slo", "latency<1"},
      {"load", "--shard", "3/2", "--seed", "1"},
      {"load", "--shard", "1/2"},
      {"load", "--scenario", "no-such-file.json"},
      {"load", "--fault", "kill:relay@1s"},
      {"load", "--scenario", CQRS_SOURCE_DIR "/scenarios/kill-projector.json"},
      {"load", "--scale", "0"},
      {"load", "--no-ledger", "--ledger", "x.bin"}};
  for (const auto& words : bad) {
    const Finished refused = system.ctl(words);
    EXPECT_EQ(refused.exit_code, 2) << words.at(1) << " " << words.back() << refused;
  }
  EXPECT_EQ(system.head(), 0);
}

TEST(Load, AnInterruptedRunReportsWhatItHasAndEndsWith130) {
  const TestSystem system;
  system.up();
  Process load(system.words(load_words({"--mix", kMixed, "--rate", "100", "--duration", "60s", "-o",
                                        "json", "--progress", "none"})));
  ASSERT_TRUE(wait_until([&] { return system.head() > 150; }));
  load.send(SIGINT);
  const Finished ended = load.wait();
  EXPECT_EQ(ended.exit_code, 130) << ended;
  const Json json = ended.json();
  EXPECT_GT(json.value("acked", 0), 0) << ended;
  EXPECT_EQ(json.value("indeterminate", -1), 0);
  const Json verify = system.ctl_json({"verify"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
}

// What the generator had intended when it was killed is unknown, and nothing acknowledged is lost.
TEST(Load, AfterAKilledGeneratorVerifyIsInconclusiveAndFindsNothingLost) {
  const TestSystem system;
  system.up();
  Process load(system.words(load_words({"--mix", kMixed, "--rate", "300", "--duration", "60s"})));
  ASSERT_TRUE(wait_until([&] { return system.head() > 700; }));
  load.send(SIGKILL);
  (void)load.wait();
  const Finished verify = system.ctl({"verify", "-o", "json"});
  EXPECT_EQ(verify.exit_code, 4) << verify;
  expect_no_differences(verify.json());
}

// Killed without a word in the middle of the load, and started again: commands without an answer
// are asked about under their keys, and all that was acknowledged is there.
TEST(Load, AServiceThatIsKilledMeanwhileLosesNothingThatItAcknowledged) {
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  system.up(listen);
  Process load(system.words(load_words({"--mix", kMixed, "--rate", "300", "--duration", "6s",
                                        "--slo", "errors:rate<90%", "-o", "json"})));
  ASSERT_TRUE(wait_until([&] { return system.head() > 500; }));
  system.kill_service();
  system.up(listen);
  const Finished ended = load.wait();
  const Json json = ended.json();
  EXPECT_EQ(ended.exit_code, 0) << ended;
  EXPECT_EQ(json.value("lost", -1), 0);
  EXPECT_EQ(json.value("indeterminate", -1), 0);
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  expect_no_differences(verify);
}

TEST(Load, ALostWriteIsFoundThroughTheLedgerAndEndsWith1) {
  const TestSystem system;
  system.up();
  system.ctl_json(load_words({"--mix", "create_user=1", "--rate", "100", "--duration", "1s"}));
  const Json proof = system.ctl_json({"verify", "--inject", "lost=1"}, 1);
  EXPECT_TRUE(proof.at("injection").value("exact", false)) << proof;
}

TEST(Load, ShardsTogetherSendTheWholeSchedule) {
  const TestSystem system;
  system.up();
  std::vector<std::unique_ptr<Process>> shards;
  std::vector<std::string> directories;
  for (const char* shard : {"1/2", "2/2"}) {
    directories.push_back(system.file(std::string("shard") + shard[0]));
    shards.push_back(std::make_unique<Process>(system.words(
        load_words({"--mix", kMixed, "--rate", "200", "--duration", "2s", "--seed", "77", "--shard",
                    shard, "-o", "json", "--report-dir", directories.back()}))));
  }
  int sent = 0;
  for (auto& shard : shards) {
    const Finished ended = shard->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended;
    sent += ended.json().value("sent", 0);
  }
  EXPECT_EQ(sent, 400);
  Words report{"report"};
  report.insert(report.end(), directories.begin(), directories.end());
  report.insert(report.end(), {"--out", system.file("merged")});
  const Json merged = system.ctl_json(report);
  EXPECT_EQ(merged.value("sent", 0), 400) << merged;
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
}

TEST(Load, TheSameSeedTwiceIsRefused) {
  const TestSystem system;
  system.up();
  const Words words = load_words({"--seed", "5", "--rate", "50", "--duration", "1s"});
  EXPECT_EQ(system.ctl(words).exit_code, 0);
  const Finished again = system.ctl(words);
  EXPECT_EQ(again.exit_code, 2) << again;
  EXPECT_NE(again.err.find("--seed"), std::string::npos) << again;
}

TEST(Load, TheLedgerTellsWhatWasSentAndExportsItsHistory) {
  const TestSystem system;
  system.up();
  system.ctl_json(load_words({"--mix", "create_order=1,get_order=1", "--rate", "100", "--duration",
                              "1s", "--seed", "9", "--record-reads"}));
  const std::string ledger = system.file("ledgers/load-9.bin");
  const Json stat = system.ctl_json({"ledger", "stat", ledger});
  EXPECT_EQ(stat.value("acknowledged", 0), 100) << stat;
  EXPECT_TRUE(stat.value("closed", false));
  const Finished history = system.ctl({"ledger", "export", ledger});
  EXPECT_EQ(history.exit_code, 0) << history;
  EXPECT_EQ(std::count(history.out.begin(), history.out.end(), '\n'), 200);
}

// Elsewhere there is nothing to verify with, and the result does not pretend otherwise.
TEST(Load, AnAddressIsEnoughToLoadAndNotEnoughToProve) {
  const TestSystem system;
  system.up();
  const Finished load =
      run({CQRSCTL_PROGRAM, "--data-dir", system.scratch("elsewhere"), "--target",
           "http://127.0.0.1:" + std::to_string(system.port()), "load", "--users", "20",
           "--products", "20", "--rate", "50", "--duration", "1s", "--warmup", "0s", "-o", "json"},
          system.variables());
  EXPECT_EQ(load.exit_code, 0) << load;
  EXPECT_EQ(load.json().value("acked", 0), 50) << load;
  EXPECT_EQ(system.ctl_json({"verify"}).value("verdict", ""), "pass");
}

TEST(Load, AnotherMachineIsOnlyLoadedWhenThatIsMeant) {
  const TestSystem system;
  const Finished load = system.ctl({"--target", "http://198.51.100.7:80", "load", "--rate", "1"});
  EXPECT_EQ(load.exit_code, 2) << load;
  EXPECT_NE(load.err.find("--allow-remote"), std::string::npos) << load;
}

TEST(Knee, TheHighestRateThatHoldsIsFound) {
  const TestSystem system;
  system.up();
  const Json knee = system.ctl_json({"knee", "--start", "50", "--max", "100", "--step", "1s",
                                     "--warmup", "0s", "--slo", "command.latency:p99<30s"});
  EXPECT_EQ(knee.value("verdict", ""), "pass") << knee;
  EXPECT_EQ(knee.value("knee_per_s", 0.0), 100);
  EXPECT_EQ(knee.at("steps").size(), 2U);
}

TEST(Knee, AThresholdThatNothingHoldsEndsWith99) {
  const TestSystem system;
  system.up();
  const Finished knee = system.ctl({"knee", "--start", "50", "--max", "100", "--step", "1s",
                                    "--warmup", "0s", "--slo", "command.latency:p99<1us"});
  EXPECT_EQ(knee.exit_code, 99) << knee;
}

TEST(Chaos, TheProcessIsKilledAgainAndAgainAndNothingIsLost) {
  const TestSystem system;
  system.up();
  const Json chaos = system.ctl_json({"chaos", "--every", "2s", "--for", "6s", "--pause", "300ms",
                                      "--quiet-end", "2s", "--rate", "100", "--seed", "3"});
  EXPECT_EQ(chaos.value("verdict", ""), "pass") << chaos;
  EXPECT_EQ(chaos.value("lost", -1), 0);
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  expect_no_differences(verify);
}

}  // namespace
}  // namespace cqrs::e2e
