// A graceful stop under load: what was executed has been answered, what was not answered has not
// been executed.
#include "cli/load/pipeline_client.h"

#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <string>
#include <thread>

namespace cqrs::e2e {
namespace {

// Sends one product after the other until it is stopped.
class Load {
 public:
  explicit Load(const load::Endpoint& endpoint) : thread_([this, endpoint] { run(endpoint); }) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::int64_t created() const { return created_; }
  // Valid after finish().
  [[nodiscard]] const std::map<int, int>& other_statuses() const { return other_statuses_; }
  [[nodiscard]] int unknown() const { return unknown_; }

 private:
  void run(const load::Endpoint& endpoint) {
    load::ClientOptions options;
    options.endpoint = endpoint;
    options.connections = 4;
    options.depth = 200;
    load::ClientCallbacks callbacks;
    callbacks.next = [](load::Prepared& request) {
      request.bytes = http::post("/v1/products", R"({"name":"Lamp","price":17.35})");
      request.scheduled = std::chrono::steady_clock::now();
      return true;
    };
    callbacks.done = [this](const load::Answer& answer) {
      const bool timed_out = answer.transport == load::Transport::kTimeout;
      if (timed_out || answer.transport == load::Transport::kUnknown) ++unknown_;
      if (answer.transport != load::Transport::kAnswered) return;
      if (answer.status == 201) {
        ++created_;
      } else {
        ++other_statuses_[answer.status];
      }
    };
    callbacks.idle = [] { return true; };
    (void)load::run_client(options, callbacks, stop_);
  }

  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> created_{0};
  std::map<int, int> other_statuses_;
  int unknown_ = 0;
  std::thread thread_;
};

TEST(Shutdown, EveryExecutedCommandIsAnsweredAndNoUnansweredOneIsExecuted) {
  const TestSystem system;
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    system.up();
    const auto before = system.head();
    Load load(system.endpoint());
    ASSERT_TRUE(wait_until([&] { return load.created() >= 2'000 / kSlowdown; }));
    const Json down = system.ctl_json({"down"});
    EXPECT_EQ(down.value("stopped", false), true) << down;
    load.finish();
    EXPECT_TRUE(load.other_statuses().empty())
        << load.other_statuses().begin()->second << " answers with status "
        << load.other_statuses().begin()->first;
    system.up();
    EXPECT_EQ(system.head() - before, load.created())
        << "sent and not answered: " << load.unknown();
    system.down();
  }
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

TEST(Shutdown, AWaitingReadDoesNotHoldUpTheEnd) {
  const TestSystem system;
  system.up();
  http::RawClient waiting(system.port());
  waiting.send(http::get("/v1/products?min_position=1000&wait=30s"));
  http::RawClient sentinel(system.port());
  EXPECT_EQ(sentinel.ask(http::get("/livez")).status, 200);
  const auto started = std::chrono::steady_clock::now();
  system.down();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
  EXPECT_EQ(waiting.read().status, 504);
}

TEST(Shutdown, AnIdleOrHalfSentRequestDoesNotHoldUpTheEnd) {
  const TestSystem system;
  system.up();
  const http::RawClient idle(system.port());
  http::RawClient half(system.port());
  half.send("POST /v1/products HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{\"name\"");
  http::RawClient sentinel(system.port());
  EXPECT_EQ(sentinel.ask(http::get("/livez")).status, 200);
  const auto started = std::chrono::steady_clock::now();
  system.down();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
  system.up();
  EXPECT_EQ(system.head(), 0);
}

TEST(Shutdown, SigtermAndSigintAreTheSame) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    const TestSystem system;
    Process service({CQRSD_PROGRAM, "--data-dir", system.dir()}, system.variables());
    // The signals are held back from before this moment until the service is up.
    ASSERT_TRUE(wait_until(
        [&] { return read_text(system.file("lock")) == std::to_string(service.pid()); }));
    service.send(signal);
    const Finished finished = service.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished;
    // A clean end leaves no log that the next start must recover.
    EXPECT_EQ(read_text(system.file("write.db-wal")), "");
  }
}

}  // namespace
}  // namespace cqrs::e2e
