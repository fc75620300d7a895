#include "cli/report/comparison.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cqrs {
namespace {

// Critical values of Mann and Whitney's U as every table has them, 5 % on both sides together.
TEST(RankInterval, CriticalValuesAreThoseOfTheTables) {
  EXPECT_EQ(critical_u(3, 3, 0.025), std::nullopt);
  EXPECT_EQ(critical_u(4, 4, 0.025), 0U);
  EXPECT_EQ(critical_u(3, 5, 0.025), 0U);
  EXPECT_EQ(critical_u(2, 8, 0.025), 0U);
  EXPECT_EQ(critical_u(2, 7, 0.025), std::nullopt);
  EXPECT_EQ(critical_u(5, 5, 0.025), 2U);
  EXPECT_EQ(critical_u(5, 10, 0.025), 8U);
  EXPECT_EQ(critical_u(8, 8, 0.025), 13U);
  EXPECT_EQ(critical_u(10, 10, 0.025), 23U);
  EXPECT_EQ(critical_u(20, 20, 0.025), 127U);
}

// Hollander and Wolfe's example 4.1: permeability of membranes at term and between 12 and 26 weeks.
// The estimate of the shift is 0.305 in their text.
TEST(RankInterval, TheEstimateIsThatOfAKnownExample) {
  const std::vector<double> early{1.15, 0.88, 0.90, 0.74, 1.21};
  const std::vector<double> term{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const auto shift = shift_between(early, term, 0.95);
  ASSERT_TRUE(shift);
  EXPECT_NEAR(shift->estimate, 0.305, 1e-9);
  EXPECT_NEAR(shift->low, -0.15, 1e-9);
  EXPECT_NEAR(shift->high, 0.76, 1e-9);
  EXPECT_GE(shift->confidence, 0.95);
}

TEST(RankInterval, OfFourAndFourItReachesFromTheLeastToTheGreatestDifference) {
  const auto shift = shift_between({1, 2, 3, 4}, {11, 12, 13, 14}, 0.95);
  ASSERT_TRUE(shift);
  EXPECT_EQ(shift->estimate, 10);
  EXPECT_EQ(shift->low, 7);
  EXPECT_EQ(shift->high, 13);
  EXPECT_NEAR(shift->confidence, 1 - 2.0 / 70, 1e-12);
}

ComparedRuns runs_of(const std::vector<double>& throughputs, double p99_ms) {
  ComparedRuns out;
  for (const double throughput : throughputs) {
    RunRecord record;
    record.title = "mix";
    record.model = "open";
    record.achieved_per_s = throughput;
    record.latency.record(static_cast<std::int64_t>(p99_ms * 1e3 + throughput));
    out.names.push_back("run-" + std::to_string(out.names.size()));
    out.records.push_back(std::move(record));
  }
  return out;
}

const MetricChange& metric(const RunComparison& comparison, const std::string& name) {
  for (const auto& change : comparison.metrics) {
    if (change.name == name) return change;
  }
  throw std::runtime_error("no metric " + name);
}

TEST(Comparison, AThroughputThatFellByAThirdRegressed) {
  const auto result =
      compare(runs_of({900, 905, 910, 895}, 5), runs_of({600, 605, 610, 595}, 5), 0.1);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "throughput").verdict, "regressed");
  EXPECT_NEAR(metric(*result, "throughput").ratio->estimate, 0.667, 0.01);
  EXPECT_EQ(result->verdict, "fail");
}

TEST(Comparison, AThroughputThatRoseHolds) {
  const auto result =
      compare(runs_of({600, 605, 610, 595}, 5), runs_of({900, 905, 910, 895}, 5), 0.1);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "throughput").verdict, "holds");
  EXPECT_EQ(result->verdict, "pass");
}

TEST(Comparison, ALatencyThatDoubledRegressed) {
  const auto result =
      compare(runs_of({600, 605, 610, 595}, 5), runs_of({600, 605, 610, 595}, 10), 0.1);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "command.latency:p99").verdict, "regressed");
  EXPECT_EQ(metric(*result, "throughput").verdict, "holds");
}

TEST(Comparison, AnIntervalAroundTheLimitIsUnclearAndFailsNothing) {
  const auto result =
      compare(runs_of({600, 800, 700, 900}, 5), runs_of({500, 850, 640, 720}, 5), 0.1);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "throughput").verdict, "unclear");
  EXPECT_NE(result->verdict, "fail");
}

TEST(Comparison, WithTooFewRunsItCannotTell) {
  const auto result = compare(runs_of({600, 601, 602}, 5), runs_of({100, 101, 102}, 5), 0.1);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "throughput").verdict, "cannot tell");
  EXPECT_EQ(result->verdict, "inconclusive");
  std::ostringstream text;
  print(*result, text);
  EXPECT_NE(text.str().find("cannot tell, too few runs"), std::string::npos);
  EXPECT_TRUE(json_of(*result)["metrics"][0]["ratio"].is_null());
}

TEST(Comparison, WithoutALimitOnlyDifferencesAreSaid) {
  const auto result =
      compare(runs_of({600, 605, 610, 595}, 5), runs_of({300, 305, 310, 295}, 5), std::nullopt);
  ASSERT_TRUE(result);
  EXPECT_EQ(metric(*result, "throughput").verdict, "worse");
  EXPECT_EQ(result->verdict, "pass");
}

TEST(Comparison, WhatOnlyOneSideHasIsLeftOutAndDoubtsAreNamed) {
  auto base = runs_of({600, 605, 610, 595}, 5);
  auto changed = base;
  for (auto& record : base.records) record.system_rss = 5'000'000;
  changed.records[2].title = "another";
  changed.records[3].verdict = "invalid";
  const auto result = compare(base, changed, std::nullopt);
  ASSERT_TRUE(result);
  EXPECT_THROW((void)metric(*result, "system rss"), std::runtime_error);
  ASSERT_EQ(result->caveats.size(), 2U);
  EXPECT_NE(markdown_of(*result).find("run-2 ran another scenario"), std::string::npos);
  EXPECT_FALSE(compare(base, {}, std::nullopt));
}

}  // namespace
}  // namespace cqrs
