#include "cli/report/scale.h"

#include "cli/report/series.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

std::vector<std::string> labels(const Scale& scale) {
  std::vector<std::string> out;
  for (const auto& tick : scale.ticks) out.push_back(tick.label);
  return out;
}

using Words = std::vector<std::string>;

TEST(Scale, LinearTicksAreRoundAndFew) {
  EXPECT_EQ(labels(linear_scale(830, PlotUnit::kPerSecond)), (Words{"0", "500", "1k"}));
  EXPECT_EQ(labels(linear_scale(0.31, PlotUnit::kCores)), (Words{"0", "0.1", "0.2", "0.3", "0.4"}));
  EXPECT_EQ(labels(linear_scale(214e6, PlotUnit::kBytes)),
            (Words{"0", "100 MB", "200 MB", "300 MB"}));
  for (double most = 0.001; most < 1e9; most *= 1.37) {
    const Scale scale = linear_scale(most, PlotUnit::kCount);
    EXPECT_GE(scale.high, most);
    EXPECT_GE(scale.ticks.size(), 3U) << most;
    EXPECT_LE(scale.ticks.size(), 6U) << most;
  }
}

TEST(Scale, NothingButZeroesHasAnAxis) {
  EXPECT_EQ(linear_scale(0, PlotUnit::kCount).at(0), 0);
  EXPECT_GT(linear_scale(0, PlotUnit::kCount).high, 0);
}

TEST(Scale, AShareEndsAtTheWhole) { EXPECT_EQ(linear_scale(1, PlotUnit::kShare).high, 1); }

TEST(Scale, LogarithmicTicksAreDecadesOrHalves) {
  EXPECT_EQ(labels(log_scale(800, 90'000, PlotUnit::kMicros)),
            (Words{"500 us", "1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms"}));
  EXPECT_EQ(labels(log_scale(80, 5e6, PlotUnit::kMicros)),
            (Words{"100 us", "1 ms", "10 ms", "100 ms", "1 s"}));
  const Scale scale = log_scale(100, 10'000, PlotUnit::kMicros);
  EXPECT_DOUBLE_EQ(scale.at(1'000), 0.5);
  EXPECT_EQ(scale.at(1), 0);
  EXPECT_EQ(scale.at(1e9), 1);
  // One value alone still has an axis around it.
  EXPECT_GT(log_scale(100, 100, PlotUnit::kMicros).high, 100);
}

TEST(Scale, TimesFromASecondToADay) {
  EXPECT_EQ(labels(time_scale(3)), (Words{"0", "0.5 s", "1 s", "1.5 s", "2 s", "2.5 s", "3 s"}));
  EXPECT_EQ(labels(time_scale(90)), (Words{"0", "20 s", "40 s", "60 s", "80 s"}));
  EXPECT_EQ(labels(time_scale(10'800)),
            (Words{"0", "30 min", "60 min", "90 min", "120 min", "150 min", "180 min"}));
  for (double end = 0.5; end < 500'000; end *= 1.7) {
    EXPECT_LE(time_scale(end).ticks.size(), 7U) << end;
    EXPECT_GE(time_scale(end).ticks.size(), 3U) << end;
  }
}

TEST(Scale, NinesStandAtEqualDistances) {
  const Scale scale = nines_scale(4.3);
  EXPECT_EQ(labels(scale), (Words{"0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"}));
  EXPECT_NEAR(scale.at(3) - scale.at(2), scale.at(2) - scale.at(1), 1e-12);
}

TEST(Series, FewPointsStayAsTheyAre) {
  const std::vector<Point> points{{0, 1}, {1, kUnknown}, {2, 3}};
  EXPECT_EQ(downsampled(points, 3).size(), 3U);
}

TEST(Series, ManyPointsKeepTheirPeaksAndTheirOrder) {
  std::vector<Point> points;
  for (int i = 0; i < 10'800; ++i) points.push_back({static_cast<double>(i), 10});
  points[6'001].y = 900;
  points[77].y = 1;
  const auto few = downsampled(points, 600);
  EXPECT_LE(few.size(), 602U);
  EXPECT_GE(few.size(), 300U);
  const auto has = [&](double x, double y) {
    return std::any_of(few.begin(), few.end(),
                       [&](const Point& point) { return point.x == x && point.y == y; });
  };
  EXPECT_TRUE(has(6'001, 900));
  EXPECT_TRUE(has(77, 1));
  EXPECT_EQ(few.front().x, 0);
  EXPECT_EQ(few.back().x, 10'799);
  EXPECT_TRUE(std::is_sorted(few.begin(), few.end(),
                             [](const Point& a, const Point& b) { return a.x < b.x; }));
}

TEST(Series, AGapStaysAGap) {
  std::vector<Point> points;
  for (int i = 0; i < 1'000; ++i) {
    points.push_back({static_cast<double>(i), i >= 400 && i < 600 ? kUnknown : 5});
  }
  const auto few = downsampled(points, 100);
  EXPECT_TRUE(std::any_of(few.begin(), few.end(), [](const Point& point) {
    return !point.known() && point.x >= 400 && point.x < 600;
  }));
}

}  // namespace
}  // namespace cqrs
