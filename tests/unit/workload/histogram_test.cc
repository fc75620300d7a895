#include "core/workload/histogram.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

TEST(Histogram, WithoutSamplesEverythingIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(99), 0);
  EXPECT_EQ(histogram.max(), 0);
}

// 1 … 100,000 us: the truth of each percentile is known.
TEST(Histogram, PercentilesAreWithinThreeSignificantDigits) {
  Histogram histogram;
  for (std::int64_t i = 1; i <= 100'000; ++i) histogram.record(i);
  for (const double percent : {50.0, 90.0, 95.0, 99.0, 99.9}) {
    const double truth = percent * 1'000;
    EXPECT_NEAR(static_cast<double>(histogram.percentile(percent)), truth, truth * 0.001)
        << percent;
  }
  EXPECT_EQ(histogram.percentile(100), 100'000);
  EXPECT_NEAR(histogram.mean(), 50'000.5, 0.01);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (const std::int64_t value : {3, 3, 7, 2'047}) histogram.record(value);
  EXPECT_EQ(histogram.percentile(50), 3);
  EXPECT_EQ(histogram.percentile(75), 7);
  EXPECT_EQ(histogram.percentile(100), 2'047);
}

TEST(Histogram, ValuesOutsideTheRangeAreCountedAtItsEnds) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(0);
  histogram.record(7'200'000'000);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.percentile(50), 1);
  EXPECT_EQ(histogram.max(), 3'600'000'000);
}

TEST(Histogram, MergingEqualsRecordingIntoOne) {
  Histogram one;
  Histogram two;
  Histogram all;
  for (std::int64_t i = 1; i < 5'000; ++i) {
    (i % 3 == 0 ? one : two).record(i * i);
    all.record(i * i);
  }
  one.merge(two);
  EXPECT_EQ(one.count(), all.count());
  EXPECT_EQ(one.max(), all.max());
  for (const double percent : {1.0, 50.0, 99.0}) {
    EXPECT_EQ(one.percentile(percent), all.percentile(percent));
  }
}

}  // namespace
}  // namespace cqrs
