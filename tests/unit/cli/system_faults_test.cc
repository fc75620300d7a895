// Which faults can be done to which system, and signals to real processes.
#include "cli/faults/system_faults.h"

#include "cli/faults/process_signal.h"
#include "cli/faults/role_faults.h"

#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// A process that does nothing until it is ended.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
    id_ = {pid_, process_start_ticks(pid_)};
  }
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  [[nodiscard]] ProcessId id() const { return id_; }
  [[nodiscard]] char state() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto close = line.rfind(')');
    return close == std::string::npos ? '?' : line[close + 2];
  }

 private:
  int pid_;
  ProcessId id_;
};

bool becomes(const Sleeper& sleeper, char state) {
  for (int i = 0; i < 2'000 && sleeper.state() != state; ++i) ::usleep(5'000);
  return sleeper.state() == state;
}

TEST(ProcessSignal, StopsGoesOnAndEnds) {
  const Sleeper sleeper;
  ASSERT_TRUE(signal_process(sleeper.id(), SIGSTOP, "it").ok());
  EXPECT_TRUE(becomes(sleeper, 'T'));
  ASSERT_TRUE(signal_process(sleeper.id(), SIGCONT, "it").ok());
  EXPECT_TRUE(becomes(sleeper, 'S'));
  ASSERT_TRUE(signal_process(sleeper.id(), SIGKILL, "it").ok());
  EXPECT_TRUE(await_end(sleeper.id(), seconds(20)));
  EXPECT_EQ(signal_process(sleeper.id(), SIGCONT, "it").error().code, ErrorCode::kNotFound);
}

TEST(ProcessSignal, NeverReachesWhoGotTheNumberLater) {
  const Sleeper sleeper;
  ProcessId before = sleeper.id();
  --before.start_ticks;
  const auto status = signal_process(before, SIGKILL, "projector");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(status.error().message, HasSubstr("projector"));
  EXPECT_TRUE(alive(sleeper.id()));
}

Fault fault(FaultAction action, const std::string& target) {
  Fault made;
  made.action = action;
  made.target = target;
  made.delay = std::chrono::milliseconds(10);
  return made;
}

class Faults : public testing::Test {
 protected:
  [[nodiscard]] DataDir dir() const { return {home_.path()}; }
  std::unique_ptr<SystemFaults> find(const std::string& profile,
                                     const std::vector<std::string>& roles) {
    RunningSystem system;
    system.profile = profile;
    for (const auto& role : roles) {
      sleepers_.push_back(std::make_unique<Sleeper>());
      const ProcessId id = sleepers_.back()->id();
      system.processes.push_back({role, id.pid, id.start_ticks, "http://127.0.0.1:1", 0, ""});
    }
    system.pid = system.processes.front().pid;
    system.start_ticks = system.processes.front().start_ticks;
    system.url = "http://127.0.0.1:1";
    EXPECT_TRUE(write_run_file(dir(), system).ok());
    if (profile == "standard") {
      StandardConfig config;
      config.postgres = "postgresql://cqrs@127.0.0.1:5999/cqrs";
      config.kafka = "127.0.0.1:5998";
      config.redis = "redis://127.0.0.1:5997";
      EXPECT_TRUE(write_standard_config(dir(), config).ok());
    }
    auto found = SystemFaults::find(dir(), {home_.file("parts"), ""});
    EXPECT_TRUE(found.ok());
    return std::move(*found);
  }
  static std::string refusal(const SystemFaults& faults, FaultAction action,
                             const std::string& target) {
    const auto status = faults.check(fault(action, target));
    return status.ok() ? "" : status.error().message;
  }
  support::TempDir home_;
  std::vector<std::unique_ptr<Sleeper>> sleepers_;
};

TEST_F(Faults, EveryRoleOfTheEmbeddedProfileIsTheOneProcess) {
  const auto faults = find("embedded", {"all"});
  for (const char* role : {"all", "gateway", "command", "projector", "query", "projector-1"}) {
    EXPECT_EQ(refusal(*faults, FaultAction::kKill, role), "") << role;
    EXPECT_TRUE(faults->covers(role, "all"));
  }
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "relay"),
              HasSubstr("the embedded profile has no relay"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "projector-2"),
              HasSubstr("the embedded profile has no projector-2"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "postgres"),
              HasSubstr("the embedded profile has no postgres"));
  EXPECT_THAT(refusal(*faults, FaultAction::kFreeze, "redis"),
              HasSubstr("the embedded profile has no redis"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "postman"), HasSubstr("there is no postman"));
}

TEST_F(Faults, ARoleOfTheStandardProfileIsAllItsReplicasOrOneOfThem) {
  const auto faults =
      find("standard", {"gateway", "command", "projector", "projector", "query", "proxy"});
  for (const char* role : {"gateway", "projector", "projector-2", "command-1", "all"}) {
    EXPECT_EQ(refusal(*faults, FaultAction::kPause, role), "") << role;
  }
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "projector-3"), HasSubstr("no projector-3"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "command-2"), HasSubstr("no command-2"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "relay"), HasSubstr("no relay here"));
  EXPECT_THAT(refusal(*faults, FaultAction::kFreeze, "query"), HasSubstr("is for a server"));
  EXPECT_TRUE(faults->covers("projector", "projector-2"));
  EXPECT_FALSE(faults->covers("projector-2", "projector"));
  EXPECT_FALSE(faults->covers("projector", "command"));
}

TEST_F(Faults, OnlyServersThatAreThisSystemsAndKnownWellEnoughAreBroken) {
  const auto faults = find("standard", {"gateway", "command"});
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "mongo"), HasSubstr("uses no mongo"));
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "postgres"), HasSubstr("scripts/parts"));
  EXPECT_THAT(refusal(*faults, FaultAction::kFreeze, "postgres"),
              HasSubstr("--fault-proxy postgres"));
  EXPECT_THAT(refusal(*faults, FaultAction::kCut, "broker"), HasSubstr("pause broker instead"));
}

TEST_F(Faults, AServerIsFoundInTheDirectoryOfScriptsPartsByNumberAndStart) {
  const auto faults = find("standard", {"gateway"});
  const Sleeper redis;
  std::filesystem::create_directories(home_.file("parts/redis"));
  std::ofstream(home_.file("parts/parts.json")) << R"({"redis":{"url":"redis://127.0.0.1:5997"}})";
  const auto write_pid = [&](std::uint64_t ticks) {
    std::ofstream(home_.file("parts/redis/pid")) << redis.id().pid << " " << ticks << "\n";
  };
  write_pid(redis.id().start_ticks + 1);
  EXPECT_THAT(refusal(*faults, FaultAction::kPause, "redis"), HasSubstr("does not run"));
  write_pid(redis.id().start_ticks);
  EXPECT_EQ(refusal(*faults, FaultAction::kPause, "redis"), "");
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "redis"), HasSubstr("CQRS_PARTS_PROGRAM"));
  ASSERT_TRUE(faults->execute(fault(FaultAction::kPause, "redis")).ok());
  EXPECT_TRUE(becomes(redis, 'T'));
  ASSERT_TRUE(faults->heal_all().ok());
  EXPECT_TRUE(becomes(redis, 'S'));
}

TEST_F(Faults, APauseTouchesWhoWasNamedAndIsHealed) {
  const auto faults = find("standard", {"gateway", "projector", "projector", "query"});
  ASSERT_TRUE(faults->execute(fault(FaultAction::kPause, "projector-2")).ok());
  EXPECT_TRUE(becomes(*sleepers_[2], 'T'));
  for (const std::size_t other : {0U, 1U, 3U}) EXPECT_EQ(sleepers_[other]->state(), 'S');
  ASSERT_TRUE(faults->heal_all().ok());
  EXPECT_TRUE(becomes(*sleepers_[2], 'S'));
}

TEST_F(Faults, WhatDoesNotRunWhenTheRunBeginsIsRefused) {
  const auto faults = [&] {
    auto found = find("standard", {"gateway", "query"});
    ::kill(sleepers_[1]->id().pid, SIGKILL);
    EXPECT_TRUE(await_end(sleepers_[1]->id(), seconds(20)));
    return std::move(*SystemFaults::find(dir(), {home_.file("parts"), ""}));
  }();
  EXPECT_THAT(refusal(*faults, FaultAction::kKill, "query"), HasSubstr("does not run"));
}

TEST(WordsAgain, KeepAddressesAndLeaveOutWhatIsForOneStart) {
  RoleProcess process;
  process.url = "http://127.0.0.1:4711";
  process.rpc_port = 815;
  EXPECT_THAT(
      words_again({"--profile", "standard", "--listen", "0.0.0.0:0", "--rpc-listen", "127.0.0.1:0",
                   "--rebuild-views", "--demo-data", "--bench-routes", "--ready-fd", "3"},
                  process),
      ElementsAre("--profile", "standard", "--listen", "0.0.0.0:4711", "--rpc-listen",
                  "127.0.0.1:815", "--bench-routes"));
}

}  // namespace
}  // namespace cqrs
