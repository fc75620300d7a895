#include "cli/load/schedule.h"

#include <gtest/gtest.h>

namespace cqrs::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(1'000)};

TEST(Schedule, CommandsOfTheClosedModelAreDueWheneverThereIsRoom) {
  const Schedule schedule;
  EXPECT_FALSE(schedule.open());
  EXPECT_EQ(schedule.due_at(1'000'000, kStart), kStart);
  EXPECT_EQ(schedule.achieved_ratio(5, kStart + seconds(100)), 1);
}

TEST(Schedule, CommandsOfTheOpenModelAreSpreadEvenlyFromTheStart) {
  const Schedule schedule(kStart, 200);
  EXPECT_EQ(schedule.due_at(0, kStart), kStart);
  EXPECT_EQ(schedule.due_at(1, kStart), kStart + milliseconds(5));
  EXPECT_EQ(schedule.due_at(2'000, kStart), kStart + seconds(10));
}

TEST(Schedule, WhatIsDueDoesNotDependOnWhatWasSent) {
  const Schedule schedule(kStart, 200);
  const auto late = kStart + seconds(3'600);
  EXPECT_EQ(schedule.due_at(7, late), schedule.due_at(7, kStart));
}

TEST(Schedule, IntendedCountsExactlyTheCommandsThatAreDue) {
  for (const double rate : {0.5, 3.0, 333.0, 20'000.0, 999'999.0}) {
    const Schedule schedule(kStart, rate);
    EXPECT_EQ(schedule.intended_by(kStart - milliseconds(1)), 0U);
    for (std::uint64_t i : {0, 1, 2, 10, 997, 12'345, 10'000'000}) {
      const auto due = schedule.due_at(i, kStart);
      EXPECT_GE(schedule.intended_by(due), i + 1) << "rate " << rate;
      const auto before = schedule.intended_by(due - std::chrono::nanoseconds(2'000));
      EXPECT_LE(before, i + 1) << "rate " << rate;
    }
  }
}

TEST(Schedule, ARunThatKeptItsScheduleAchievedAllOfIt) {
  const Schedule schedule(kStart, 1'000);
  EXPECT_EQ(schedule.achieved_ratio(10'000, schedule.due_at(9'999, kStart)), 1);
}

TEST(Schedule, ARunThatFellBehindAchievedTheShareThatItSent) {
  const Schedule schedule(kStart, 1'000);
  // 10,000 in 20 seconds instead of 10.
  EXPECT_NEAR(schedule.achieved_ratio(10'000, kStart + seconds(20)), 0.5, 0.001);
}

TEST(Schedule, ARateBelowOnePerSecondIsKept) {
  const Schedule schedule(kStart, 0.5);
  EXPECT_EQ(schedule.due_at(3, kStart), kStart + seconds(6));
  EXPECT_EQ(schedule.intended_by(kStart + seconds(5)), 3U);
}

}  // namespace
}  // namespace cqrs::load
