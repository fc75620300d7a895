// How a shadow generation is slowed down, with a clock of the test's own.
#include "services/projector/pace.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using std::chrono::milliseconds;

constexpr Pace::Time kStart{std::chrono::hours(1)};

TEST(Pace, WithoutARateEverythingGoesAtOnce) {
  Pace pace;
  EXPECT_EQ(pace.page(2'000), 2'000U);
  pace.took(2'000, kStart);
  EXPECT_LE(pace.next(), kStart);
}

TEST(Pace, AStepTakesATwentiethOfASecondsWorth) {
  EXPECT_EQ(Pace(10'000).page(2'000), 500U);
  EXPECT_EQ(Pace(1).page(2'000), 1U);
  EXPECT_EQ(Pace(1'000'000).page(2'000), 2'000U);
}

TEST(Pace, TheNextStepComesWhenTheLastOnesWorthIsOver) {
  Pace pace(1'000);
  pace.took(50, kStart);
  EXPECT_EQ(pace.next(), kStart + milliseconds(50));
  pace.took(50, kStart + milliseconds(50));
  EXPECT_EQ(pace.next(), kStart + milliseconds(100));
}

TEST(Pace, TimeThatWasNotUsedIsNotSavedUp) {
  Pace pace(1'000);
  pace.took(10, kStart);
  pace.took(10, kStart + milliseconds(900));
  EXPECT_EQ(pace.next(), kStart + milliseconds(910));
}

TEST(Pace, AStepThatCameLateDoesNotShortenTheNextWait) {
  Pace pace(1'000);
  pace.took(100, kStart);
  // Taken while the last one's worth was not over: the debt adds up.
  pace.took(100, kStart + milliseconds(20));
  EXPECT_EQ(pace.next(), kStart + milliseconds(200));
}

}  // namespace
}  // namespace cqrs
