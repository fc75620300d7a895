#include "cli/load/position_watch.h"

#include <gtest/gtest.h>

#include <condition_variable>

namespace cqrs::load {
namespace {

using namespace std::chrono_literals;

// Looks that tell what the test set, and can be waited for.
class Looks {
 public:
  std::optional<StagePositions> operator()() {
    const std::lock_guard lock(mutex_);
    ++looks_;
    looked_.notify_all();
    return told_;
  }
  // Returns when a look has told it.
  void tell(std::optional<StagePositions> what) {
    std::unique_lock lock(mutex_);
    told_ = what;
    const int before = looks_;
    looked_.wait(lock, [&] { return looks_ > before + 1; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable looked_;
  std::optional<StagePositions> told_;
  int looks_ = 0;
};

TEST(PositionWatch, AnEventPassedAStageBetweenTheLooksThatDidNotAndDidSeeIt) {
  Looks looks;
  PositionWatch watch([&] { return looks(); }, 1ms);
  looks.tell(StagePositions{5, 3, 2, 0.1});
  const auto between = std::chrono::steady_clock::now();
  looks.tell(StagePositions{9, 8, 1, 0.1});
  ASSERT_TRUE(watch.applied_at(7).has_value());
  EXPECT_GE(*watch.applied_at(7) + 10ms, between);
  EXPECT_LE(*watch.applied_at(7), std::chrono::steady_clock::now());
  EXPECT_LE(*watch.published_at(5), *watch.published_at(9));
}

TEST(PositionWatch, WhatNoLookHasSeenIsNotKnown) {
  Looks looks;
  PositionWatch watch([&] { return looks(); }, 1ms);
  looks.tell(StagePositions{0, 8, 1, 0.1});
  EXPECT_FALSE(watch.applied_at(9).has_value());
  EXPECT_FALSE(watch.applied_at(2).has_value()) << "it was there before the first look";
  EXPECT_FALSE(watch.published_at(1).has_value()) << "this system does not tell";
}

TEST(PositionWatch, ASystemThatIsAwayHasNoLag) {
  Looks looks;
  PositionWatch watch([&] { return looks(); }, 1ms);
  looks.tell(StagePositions{9, 8, 1, 0.1});
  looks.tell(std::nullopt);
  EXPECT_EQ(watch.latest().lag_records, -1);
}

}  // namespace
}  // namespace cqrs::load
