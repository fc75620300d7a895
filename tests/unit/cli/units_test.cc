#include "cli/output/units.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using support::fails_with;

TEST(Units, CountsTakeKAndM) {
  EXPECT_EQ(*parse_count("42", "--users", 1'000'000), 42U);
  EXPECT_EQ(*parse_count("300k", "--users", 1'000'000), 300'000U);
  EXPECT_EQ(*parse_count("1.5m", "--users", 10'000'000), 1'500'000U);
  EXPECT_EQ(*parse_count("0", "--users", 1), 0U);
}

TEST(Units, CountsThatAreNoneNameTheOption) {
  for (const char* text :
       {"", "abc", "-5", "1.5", "k", "10x", "nan", "inf", "1e400", "0x10", " 5"}) {
    EXPECT_THAT(parse_count(text, "--users", 100), fails_with(ErrorCode::kInvalid, "--users"))
        << text;
  }
  EXPECT_THAT(parse_count("1e30", "--users", 100), fails_with(ErrorCode::kInvalid, "--users"));
  EXPECT_THAT(parse_count("101", "--users", 100), fails_with(ErrorCode::kInvalid, "--users"));
}

TEST(Units, DurationsNeedAUnit) {
  EXPECT_EQ(parse_duration("250ms", "--settle")->count(), 250);
  EXPECT_EQ(parse_duration("10s", "--settle")->count(), 10'000);
  EXPECT_EQ(parse_duration("5m", "--settle")->count(), 300'000);
  for (const char* text : {"10", "ten", "-1s", "1y", "", "1e99s"}) {
    EXPECT_THAT(parse_duration(text, "--settle"), fails_with(ErrorCode::kInvalid, "--settle"))
        << text;
  }
}

TEST(Units, NumbersAreGroupedInThrees) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(-1'234), "-1,234");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Units, TextsPickAReadableUnit) {
  EXPECT_EQ(micros_text(340), "340 us");
  EXPECT_EQ(micros_text(2'100), "2.1 ms");
  EXPECT_EQ(micros_text(1'200'000), "1.20 s");
  EXPECT_EQ(seconds_text(0.003), "3 ms");
  EXPECT_EQ(seconds_text(0.42), "0.42 s");
  EXPECT_EQ(seconds_text(200), "3 min 20 s");
  EXPECT_EQ(rate_text(12'345.4), "12,345/s");
}

}  // namespace
}  // namespace cqrs
