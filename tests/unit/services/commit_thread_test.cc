#include "services/projector/commit_thread.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <future>

namespace cqrs {
namespace {

TEST(CommitThread, CommitRunsBesideItsCallerAndGivesItsOutcome) {
  CommitThread lane;
  for (const bool fails : {false, true}) {
    std::promise<void> go_on;
    std::thread::id thread;
    lane.begin([&]() -> Status {
      go_on.get_future().wait();
      thread = std::this_thread::get_id();
      if (fails) return make_error(ErrorCode::kUnavailable, "away");
      return {};
    });
    go_on.set_value();  // reached while the commit is under way
    const Status outcome = lane.finish();
    EXPECT_EQ(outcome.ok(), !fails);
    EXPECT_NE(thread, std::this_thread::get_id());
  }
  EXPECT_GT(lane.cpu_time().count(), 0);
}

TEST(CommitThread, WhatHasBegunIsCarriedOutBeforeTheEnd) {
  bool done = false;
  {
    CommitThread lane;
    lane.begin([&]() -> Status {
      done = true;
      return {};
    });
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace cqrs
