// The arithmetic of growth and ceilings: which points are taken, which stretch is measured around
// each, and what is concluded.
#include "cli/commands/growth.h"

#include "cli/commands/ceilings.h"

#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cqrs {
namespace {

using support::fails_with;
using testing::ElementsAre;

TEST(GrowthPoints, AreRisingCounts) {
  const auto points = parse_points("10k,30k,100000,1m");
  ASSERT_THAT(points, support::is_ok());
  EXPECT_THAT(*points, ElementsAre(10'000U, 30'000U, 100'000U, 1'000'000U));
}

TEST(GrowthPoints, ThatCannotBeMeasuredAreRefusedByName) {
  for (const char* text :
       {"",          ",",         "10k",
        "10k,",      ",10k",      "10k,,30k",
        "30k,10k",   "10k,10k",   "10k,10500",
        "0,10k",     "299,10k",   "abc,10k",
        "10k,abc",   "-1,10k",    "10k;30k",
        "10k,30k x", "1e30,2e30", "10k,11m",
        "1.5,10k",   "10k,nan",   "300,400,500,600,700,800,900,1000,1100,1210,1331,1465,1612"}) {
    EXPECT_THAT(parse_points(text), fails_with(ErrorCode::kInvalid, "--points")) << text;
  }
}

TEST(GrowthWindows, LieAroundTheirPointsAndNeverMeet) {
  for (const char* text : {"10k,30k,100k,300k", "300,400,500", "10k,11k,12100", "300,10m"}) {
    const auto points = parse_points(text);
    ASSERT_THAT(points, support::is_ok()) << text;
    std::uint64_t end = 0;
    for (const auto& window : windows_of(*points)) {
      EXPECT_GE(window.from, end) << text;
      EXPECT_EQ(window.point - window.from, window.to - window.point) << text;
      EXPECT_GE(window.to - window.from, 30U) << "too few to measure in " << text;
      end = window.to;
    }
  }
  const auto windows = windows_of({10'000, 400'000});
  EXPECT_EQ(windows.front().from, 5'000U);
  EXPECT_EQ(windows.back().to, 450'000U);
}

TEST(GrowthFit, FindsTheExponentThatTheCostsWereMadeWith) {
  for (const double exponent : {0.0, 0.5, 1.0, 1.3, 2.0}) {
    std::vector<std::pair<double, double>> costs;
    for (const double size : {1e4, 3e4, 1e5, 3e5}) {
      costs.emplace_back(size, 0.004 * std::pow(size, exponent));
    }
    EXPECT_NEAR(fitted_exponent(costs), exponent, 1e-9);
  }
}

TEST(GrowthFit, EvensOutNoiseOnBothSides) {
  const std::vector<std::pair<double, double>> costs{
      {1e4, 1e4 * 1.1}, {1e5, 1e5 / 1.1}, {1e6, 1e6 * 1.1}};
  EXPECT_NEAR(fitted_exponent(costs), 1.0, 0.001);
}

GrowthPoint a_point(std::uint64_t entities, double cpu_us_each, double total_cpu_s) {
  GrowthPoint point;
  point.entities = point.stored = entities;
  point.window = 1'000;
  point.cost.client = cpu_us_each * 1e-6 * 1'000 / 4;
  point.cost.service = 3 * point.cost.client;
  point.total_cpu_s = total_cpu_s;
  point.total_wall_s = total_cpu_s * 2;
  point.wall_s = 1;
  return point;
}

TEST(Growth, ComparesTheLastPointWithTheFirst) {
  GrowthResult result;
  result.points = {a_point(10'000, 40, 0.4), a_point(100'000, 44, 4.2), a_point(1'000'000, 50, 46)};
  conclude(result);
  EXPECT_NEAR(result.ratio_last_first, 1.25, 1e-9);
  EXPECT_NEAR(result.exponent, 1.03, 0.01);
  EXPECT_NEAR(result.exponent_wall, result.exponent, 1e-9);
  const Json json = json_of(result, {});
  EXPECT_EQ(json.at("points").size(), 3U);
  EXPECT_NEAR(json.at("points").back().at("cpu_us_per_entity").get<double>(), 50, 1e-9);
}

TEST(CpuSplit, PartsAndRestAddUpToTheTotal) {
  CpuReading cost;
  cost.client = 1;
  cost.service = 10;
  cost.http = 2;
  cost.decide = 1.5;
  cost.store = 2.5;
  cost.project = 3;
  cost.query = 0.5;
  const Json split = cpu_split_json(cost, 1'000'000);
  double sum = 0;
  for (const char* part : {"client", "http", "decide", "store", "project", "query", "other"}) {
    sum += split.at(part).get<double>();
  }
  EXPECT_NEAR(sum, split.at("total").get<double>(), 0.001);
  EXPECT_NEAR(split.at("other").get<double>(), 0.5, 0.001);
  EXPECT_EQ(largest_part(cost, 1'000'000).first, "project");
}

TEST(CpuSplit, ReadsOneSeriesOutOfPrometheusText) {
  const std::string text =
      "# HELP a_total x\n# TYPE a_total counter\na_total{stage=\"http\"} 1.5\n"
      "aa_total{stage=\"store\"} 7\na_total{stage=\"store\"} 2.25e-05\nb 3\n";
  EXPECT_DOUBLE_EQ(metric_value(text, "a_total{stage=\"http\"}"), 1.5);
  EXPECT_DOUBLE_EQ(metric_value(text, "a_total{stage=\"store\"}"), 2.25e-05);
  EXPECT_DOUBLE_EQ(metric_value(text, "b"), 3);
  EXPECT_DOUBLE_EQ(metric_value(text, "a_total"), 0);
  EXPECT_DOUBLE_EQ(metric_value("", "b"), 0);
}

TEST(Ceilings, TellTheMiddleOfTheRounds) {
  EXPECT_DOUBLE_EQ(median({}), 0);
  EXPECT_DOUBLE_EQ(median({5}), 5);
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median({9, 1, 5, 7}), 6);
}

}  // namespace
}  // namespace cqrs
