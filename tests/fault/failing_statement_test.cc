// A command that always fails in SQL fails alone, whatever it is sent with.
#include "cli/load/pipeline_client.h"

#include "tests/e2e/support/system.h"
#include "tests/fault/change_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr const char* kPoison =
    "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.data LIKE '%poison%' "
    "BEGIN SELECT RAISE(ABORT, 'this one never works'); END";

class FailingStatement : public testing::Test {
 protected:
  FailingStatement() {
    system_.up();
    system_.down();
    change_database(system_.file("write.db"), kPoison);
    system_.up();
  }
  static std::string product(int number, bool poisoned) {
    return R"({"name":")" + std::string(poisoned ? "poison" : "Lamp") + R"(","price":)" +
           std::to_string(number) + "}";
  }
  void expect_events(std::int64_t count) const {
    EXPECT_EQ(system_.head(), count);
    const Json verify = system_.ctl_json({"verify", "--mode", "deep"});
    EXPECT_EQ(verify.value("entities", std::int64_t{0}), count);
    expect_no_differences(verify);
  }

  TestSystem system_;
};

TEST_F(FailingStatement, InABatchOf500IsInternalAndTheOthersAreDoneOnce) {
  std::int64_t done = 0;
  for (const int culprit : {0, 137, 250, 499}) {
    SCOPED_TRACE(culprit);
    std::string body;
    for (int i = 0; i < 500; ++i) {
      body += R"({"command":"create_product","idempotency_key":"b)" + std::to_string(culprit) +
              "-" + std::to_string(i) + R"(","data":)" + product(i, i == culprit) + "}\n";
    }
    const auto answer = system_.ask("POST", "/v1/commands:batch", body);
    ASSERT_EQ(answer.status, 200) << answer.body;
    std::istringstream lines(answer.body);
    int number = 0;
    for (std::string line; std::getline(lines, line); ++number) {
      const Json outcome = Json::parse(line);
      if (number == culprit) {
        EXPECT_EQ(outcome.value("status", 0), 500) << line;
        EXPECT_EQ(outcome.at("error").value("code", ""), "internal") << line;
      } else {
        EXPECT_EQ(outcome.value("status", 0), 201) << line;
        EXPECT_EQ(outcome.value("position", std::int64_t{0}), ++done) << line;
      }
    }
    EXPECT_EQ(number, 500);
    // Once more: the others are answered from their records, the culprit fails again.
    const auto again = system_.ask("POST", "/v1/commands:batch", body);
    std::size_t replayed = 0;
    for (std::size_t at = 0;
         (at = again.body.find("\"replayed\":true", at)) != std::string::npos;) {
      ++replayed;
      ++at;
    }
    EXPECT_EQ(replayed, 499U);
  }
  expect_events(done);
}

TEST_F(FailingStatement, AmongPipelinedSingleCommandsIs500AndTheOthersAreDoneOnce) {
  constexpr std::uint64_t kCommands = 5'000;
  const auto poisoned = [](std::uint64_t number) { return number % 500 == 77; };
  std::uint64_t next = 0;
  std::uint64_t answered = 0;
  std::uint64_t wrong = 0;
  load::ClientOptions options;
  options.endpoint = system_.endpoint();
  options.connections = 4;
  options.depth = 250;
  load::ClientCallbacks callbacks;
  callbacks.next = [&](load::Prepared& request) {
    if (next == kCommands) return false;
    request.tag = next;
    request.scheduled = std::chrono::steady_clock::now();
    request.bytes = http::post("/v1/products", product(static_cast<int>(next), poisoned(next)),
                               "Idempotency-Key: s-" + std::to_string(next) + "\r\n");
    ++next;
    return true;
  };
  callbacks.done = [&](const load::Answer& answer) {
    ++answered;
    if (answer.status != (poisoned(answer.tag) ? 500 : 201)) ++wrong;
  };
  callbacks.idle = [&] { return answered < kCommands; };
  const std::atomic<bool> never{false};
  ASSERT_TRUE(load::run_client(options, callbacks, never).ok());
  EXPECT_EQ(answered, kCommands);
  EXPECT_EQ(wrong, 0U);
  expect_events(kCommands - kCommands / 500);
}

}  // namespace
}  // namespace cqrs::e2e
