#include "core/base/failpoint.h"

#include <gtest/gtest.h>

#include <chrono>

namespace cqrs {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

Status write_store_step() {
  CQRS_FAILPOINT_TRY("command.after_write", ErrorCode::kInternal);
  return {};
}

void commit_step() { CQRS_FAILPOINT("command.after_commit"); }

// What is armed stays armed, so each test that arms does so in a process of its own.
class FailpointDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST(Failpoint, NothingHappensUnlessOneIsArmed) {
  EXPECT_TRUE(failpoint::arm("").ok());
  commit_step();
  EXPECT_TRUE(write_store_step().ok());
  EXPECT_EQ(failpoint::armed_as(), "");
}

TEST(Failpoint, AnUnknownNameIsRefusedWithTheNamesThatThereAre) {
  const auto status = failpoint::arm("command.after_comit:2");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  for (const auto& point : failpoint::kPoints) {
    EXPECT_NE(status.error().message.find(point.name), std::string::npos) << point.name;
  }
}

TEST(Failpoint, OccurrencesCountFromOneAndActionsAreThreeWords) {
  for (const char* text :
       {"command.after_write:0", "command.after_write:", "command.after_write:-1",
        "command.after_write:x", "command.after_write:1 ", "command.after_write,",
        "command.after_write,explode", "command.after_write,delay=50",
        "command.after_write,delay=60001ms", "command.after_write,delay=ms",
        "command.after_commit,error", ":1", ","}) {
    EXPECT_FALSE(failpoint::arm(text).ok()) << text;
  }
  EXPECT_EQ(failpoint::armed_as(), "");
}

TEST_F(FailpointDeathTest, KillsAtItsOccurrenceAndNotBefore) {
  const auto armed_for_second = [] {
    if (!failpoint::arm("command.after_commit:2").ok()) std::_Exit(1);
  };
  EXPECT_EXIT(
      {
        armed_for_second();
        commit_step();
        std::_Exit(7);
      },
      ExitedWithCode(7), "");
  EXPECT_EXIT(
      {
        armed_for_second();
        commit_step();
        commit_step();
        std::_Exit(7);
      },
      KilledBySignal(SIGKILL), "");
}

TEST_F(FailpointDeathTest, FailsTheCallSiteOnceWithTheErrorOfThatSite) {
  EXPECT_EXIT(
      {
        bool right = failpoint::arm("command.after_write:2,error").ok();
        right = right && write_store_step().ok();
        const auto second = write_store_step();
        right = right && !second.ok() && second.error().code == ErrorCode::kInternal;
        right = right && write_store_step().ok();
        std::_Exit(right ? 7 : 1);
      },
      ExitedWithCode(7), "");
}

TEST_F(FailpointDeathTest, DelaysFromItsOccurrenceOn) {
  EXPECT_EXIT(
      {
        const auto took = [] {
          const auto started = std::chrono::steady_clock::now();
          commit_step();
          return std::chrono::steady_clock::now() - started;
        };
        bool right = failpoint::arm("command.after_commit:2,delay=30ms").ok();
        (void)took();
        right = right && took() >= std::chrono::milliseconds(30);
        right = right && took() >= std::chrono::milliseconds(30);
        std::_Exit(right ? 7 : 1);
      },
      ExitedWithCode(7), "");
}

}  // namespace
}  // namespace cqrs
