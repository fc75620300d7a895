// What was acknowledged survives SIGKILL at any moment, of the service as of the client.
#include "tests/e2e/support/mixed_load.h"
#include "tests/e2e/support/system.h"
#include "tests/fault/random_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kConnections = 8;
constexpr int kDepth = 250;

Words load_words(int each) {
  const std::string count = std::to_string(each);
  return {"seed",
          "--users",
          count,
          "--products",
          count,
          "--orders",
          count,
          "--concurrency",
          std::to_string(kConnections),
          "--depth",
          std::to_string(kDepth)};
}

// The same in the background, its result as JSON.
Words background(const TestSystem& system, int each) {
  Words words = system.words({"-o", "json"});
  const Words load = load_words(each);
  words.insert(words.end(), load.begin(), load.end());
  return words;
}

// Positions at which to strike: one somewhere in each equal part of the load.
std::vector<std::int64_t> strikes(support::Random& random, int count, std::int64_t total) {
  std::vector<std::int64_t> positions;
  const std::int64_t part = total / count;
  for (int i = 0; i < count; ++i) {
    const auto within = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(part)));
    positions.push_back(std::max<std::int64_t>(1, i * part + within * 9 / 10));
  }
  return positions;
}

TEST(Crash, NoAcknowledgedWriteIsLostOrDoneTwiceWhenTheServiceIsKilledUnderLoad) {
  constexpr int kEach = 30'000 / kSlowdown;
  constexpr int kKills = 5;
  auto random = random_source();
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  system.up(listen);
  Process load(background(system, kEach), system.variables());
  int kills = 0;
  for (const auto position : strikes(random, kKills, 3 * kEach)) {
    ASSERT_TRUE(wait_until([&] { return system.head() >= position || !load.running(); }));
    if (!load.running()) break;
    system.kill_service();
    ++kills;
    system.up(listen);
  }
  const Finished finished = load.wait(std::chrono::seconds(100));
  EXPECT_EQ(finished.exit_code, 0) << finished;
  EXPECT_EQ(kills, kKills);
  const Json seed = finished.json();
  ASSERT_TRUE(seed.is_object()) << finished;
  std::cout << kills << " kills, " << seed.value("retries", 0) << " commands were in flight, "
            << seed.value("replayed", 0) << " of them had been committed" << std::endl;
  EXPECT_EQ(seed.value("verdict", ""), "pass");
  EXPECT_EQ(seed.value("sent", 0), 3 * kEach);
  EXPECT_EQ(seed.value("acked", 0), 3 * kEach);
  EXPECT_EQ(seed.value("rejected", -1), 0);
  EXPECT_EQ(seed.value("indeterminate", -1), 0);
  EXPECT_EQ(seed.value("lost", -1), 0);
  EXPECT_GE(seed.value("retries", 0), 1'000) << "the kills hit nothing in flight";
  EXPECT_EQ(system.head(), 3 * kEach) << "one event each, none twice";

  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass");
  EXPECT_EQ(verify.value("entities", 0), 3 * kEach);
  expect_no_differences(verify);
  EXPECT_EQ(system.ctl_json({"events", "check"}).value("events", 0), 3 * kEach);
}

// Bytes that the kernel holds for the service on this port and that it has not read.
std::uint64_t unread_bytes(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  std::uint64_t sum = 0;
  while (std::getline(table, line)) {
    // "sl: address:port address:port state tx_queue:rx_queue …", all in hexadecimal
    std::istringstream words(line);
    std::string number, local, remote, state, queues;
    words >> number >> local >> remote >> state >> queues;
    const auto local_port = std::stoul(local.substr(local.find(':') + 1), nullptr, 16);
    if (state != "01" || local_port != port) continue;  // 01: established
    sum += std::stoull(queues.substr(queues.find(':') + 1), nullptr, 16);
  }
  return sum;
}

// Method: the service is halted while the client sends all that it has, and then killed; nothing is
// left to send when the connections break.
TEST(Crash, TheLastCommandsOfASeedAreResolvedWhenTheyWereInFlight) {
  const TestSystem system;
  const std::uint16_t port = free_port();
  const std::string listen = "127.0.0.1:" + std::to_string(port);
  system.up(listen);
  ::kill(system.pid(), SIGSTOP);
  Process seed(system.words({"-o", "json", "seed", "--users", "400", "--products", "0", "--orders",
                             "0", "--concurrency", "8", "--depth", "64"}),
               system.variables());
  std::uint64_t bytes = 0;
  int quiet = 0;
  ASSERT_TRUE(wait_until([&] {
    const auto now = unread_bytes(port);
    quiet = now > 0 && now == bytes ? quiet + 1 : 0;
    bytes = now;
    return quiet >= 50;
  }));
  system.kill_service();
  system.up(listen);
  const Finished finished = seed.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  EXPECT_EQ(finished.json().value("acked", 0), 400) << finished;
  EXPECT_EQ(finished.json().value("indeterminate", -1), 0) << finished;
  EXPECT_EQ(system.head(), 400);
}

TEST(Crash, RandomKillsUnderCommandsOfEveryKindLoseAndDoubleNothing) {
  auto random = random_source();
  const TestSystem system;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  system.up(listen);
  MixedLoad load(system.endpoint(), {.seed = 1 + random.below(1'000), .chains = 40});
  for (int i = 0; i < 12 * repeats(); ++i) {
    const auto strike =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(150'000));
    (void)wait_until([&] { return std::chrono::steady_clock::now() >= strike; });
    system.kill_service();
    system.up(listen);
  }
  ASSERT_TRUE(load.finish());
  std::cout << load.acknowledged() << " acknowledged, " << load.repeated() << " sent again, "
            << load.replayed() << " of them had been committed" << std::endl;
  EXPECT_GT(load.repeated(), 0) << "the kills hit nothing in flight";
  load.expect_all_there(system);
  const Json verify = system.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  expect_no_differences(verify);
}

TEST(Crash, KillsDuringRecoveryLoseNothing) {
  constexpr int kEach = 1'000 / kSlowdown;
  auto random = random_source();
  const TestSystem system;
  system.up();
  system.ctl_json(load_words(kEach));
  system.kill_service();
  for (int i = 0; i < 8; ++i) {
    Process service({CQRSD_PROGRAM, "--data-dir", system.dir()}, system.variables());
    // It owns the directory before it recovers the files.
    ASSERT_TRUE(wait_until(
        [&] { return read_text(system.file("lock")) == std::to_string(service.pid()); }));
    const auto strike =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(30'000));
    (void)wait_until([&] { return std::chrono::steady_clock::now() >= strike; });
    service.send(SIGKILL);
    EXPECT_EQ(service.wait().signal, SIGKILL);
  }
  system.up();
  EXPECT_EQ(system.head(), 3 * kEach);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

TEST(Crash, TheLedgerOfAKilledClientStillProvesThatNothingIsLost) {
  constexpr int kEach = 20'000 / kSlowdown;
  auto random = random_source();
  const TestSystem system;
  system.up();
  {
    Process load(background(system, kEach), system.variables());
    const auto position = strikes(random, 1, 3 * kEach * 9 / 10).front();
    ASSERT_TRUE(wait_until([&] { return system.head() >= position; }));
    load.send(SIGKILL);
    EXPECT_EQ(load.wait().signal, SIGKILL);
  }
  const Json stat = system.ctl_json({"ledger", "stat"});
  EXPECT_EQ(
      stat.value("acknowledged", 0) + stat.value("rejected", 0) + stat.value("indeterminate", 0),
      stat.value("intended", -1));
  EXPECT_EQ(stat.value("rejected", -1), 0);
  EXPECT_LE(stat.value("acknowledged", 0), system.head());
  // What the ledger does not know cannot be a pass, and is no difference either. Only a kill
  // between two phases, with nothing in flight, leaves nothing unknown.
  const bool unknown = stat.value("indeterminate", 0) > 0;
  const Json verify = system.ctl_json({"verify"}, unknown ? 4 : 0);
  EXPECT_EQ(verify.value("verdict", ""), unknown ? "inconclusive" : "pass");
  expect_no_differences(verify);
}

TEST(Crash, TheServiceKilledAndNotRestartedMakesTheSeedInconclusiveAndNeverAPass) {
  const TestSystem system;
  system.up();
  Process load(background(system, 100'000), system.variables());
  ASSERT_TRUE(wait_until([&] { return system.head() >= 500; }));
  system.kill_service();
  // Its patience is a minute; an interrupt asks for the verdict now.
  load.send(SIGINT);
  const Finished finished = load.wait(std::chrono::seconds(15));
  EXPECT_EQ(finished.exit_code, 130) << finished;
  EXPECT_NE(finished.json().value("verdict", "pass"), "pass") << finished;
  // Nobody is there to bring the views up to date: no point in waiting for them.
  const Json verify = system.ctl_json({"verify", "--settle", "0s"}, 4);
  expect_no_differences(verify);
}

}  // namespace
}  // namespace cqrs::e2e
