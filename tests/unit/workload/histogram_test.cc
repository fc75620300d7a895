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

TEST(Histogram, MergingInAnyOrderGivesTheSame) {
  Histogram one;
  Histogram two;
  one.record(5);
  two.record(70'000, 3);
  Histogram forth = one;
  forth.merge(two);
  Histogram back = two;
  back.merge(one);
  EXPECT_EQ(forth, back);
  EXPECT_EQ(forth.min(), 5);
  EXPECT_EQ(forth.sum(), 210'005U);
  back.record(6);
  EXPECT_NE(forth, back);
}

TEST(Histogram, MergingNothingChangesNothing) {
  Histogram full;
  full.record(9);
  const Histogram before = full;
  full.merge(Histogram());
  EXPECT_EQ(full, before);
  Histogram empty;
  empty.merge(before);
  EXPECT_EQ(empty, before);
}

TEST(Histogram, ItsBucketsHoldEverySample) {
  Histogram histogram;
  for (const std::int64_t value : {2'047, 2'048, 2'049, 1'000'000}) histogram.record(value);
  std::vector<Histogram::Bucket> buckets;
  histogram.for_each_bucket([&](const Histogram::Bucket& bucket) { buckets.push_back(bucket); });
  const std::vector<Histogram::Bucket> expected{
      {2'047, 2'047, 1}, {2'048, 2'049, 2}, {999'936, 1'000'447, 1}};
  EXPECT_EQ(buckets, expected);
}

// Two values, each the middle of its bucket: the spread is known.
TEST(Histogram, StandardDeviationIsThatOfTheSamples) {
  Histogram histogram;
  histogram.record(100, 2);
  histogram.record(300, 2);
  EXPECT_DOUBLE_EQ(histogram.standard_deviation(), 100);
  EXPECT_DOUBLE_EQ(Histogram().standard_deviation(), 0);
}

TEST(Histogram, FromItsBucketsAndExactEndsItIsTheSame) {
  Histogram histogram;
  for (std::int64_t i = 1; i < 3'000; ++i) histogram.record(i * i);
  std::vector<Histogram::Bucket> buckets;
  histogram.for_each_bucket([&](const Histogram::Bucket& bucket) { buckets.push_back(bucket); });
  Histogram again = Histogram::of(buckets);
  EXPECT_NE(again, histogram);  // the largest sample is not the end of its bucket
  EXPECT_FALSE(again.refine(1, 20'000'000, histogram.sum()));
  EXPECT_FALSE(again.refine(histogram.max(), 1, histogram.sum()));
  ASSERT_TRUE(again.refine(histogram.min(), histogram.max(), histogram.sum()));
  EXPECT_EQ(again, histogram);
}

TEST(Histogram, ClearedItIsAsNew) {
  Histogram histogram;
  histogram.record(77, 5);
  histogram.clear();
  EXPECT_EQ(histogram, Histogram());
}

}  // namespace
}  // namespace cqrs
