// Money is read from the text of a number and never passes through a double.
#include "core/base/money.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class MoneyText : public testing::TestWithParam<std::pair<const char*, std::int64_t>> {};

TEST_P(MoneyText, IsReadExactly) {
  const auto& [text, minor] = GetParam();
  const auto amount = parse_money(text, "price");
  ASSERT_THAT(amount, is_ok()) << text;
  EXPECT_EQ(amount->minor, minor) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, MoneyText,
    testing::Values(std::pair{"17.35", 1735}, std::pair{"0.1", 10}, std::pair{"0.01", 1},
                    std::pair{"17.350", 1735}, std::pair{"17.3500000000000000000", 1735},
                    std::pair{"20", 2000}, std::pair{"0", 0}, std::pair{"0.00", 0},
                    std::pair{"0e99", 0}, std::pair{"1e2", 10'000}, std::pair{"1E+2", 10'000},
                    std::pair{"1.5e2", 15'000}, std::pair{"1735e-2", 1735},
                    std::pair{"173500e-4", 1735}, std::pair{"0.0017e3", 170},
                    std::pair{"100000000000e-2", 100'000'000'000},
                    std::pair{"1000000000", 100'000'000'000},
                    std::pair{"1000000000.00", 100'000'000'000}, std::pair{"1e9", 100'000'000'000}),
    [](const auto& info) { return "Number" + std::to_string(info.index); });

class RefusedMoneyText : public testing::TestWithParam<const char*> {};

TEST_P(RefusedMoneyText, IsInvalidAndNamesTheField) {
  EXPECT_THAT(parse_money(GetParam(), "price"), fails_with(ErrorCode::kInvalid, "price"))
      << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Numbers, RefusedMoneyText,
                         testing::Values("-1", "-0.01", "17.355", "0.001", "1e-3", "1e-400",
                                         "1e308", "1e400", "1000000000.01", "1000000001", "1e10",
                                         "99999999999999999999999999999999", "", "abc", "17,35",
                                         "17.3.5", "1e", "e5", ".", "+1", " 1", "1 ", "0x10", "NaN",
                                         "Infinity"),
                         [](const auto& info) { return "Number" + std::to_string(info.index); });

TEST(Money, FourHundredDigitsAreAboveTheLimit) {
  EXPECT_THAT(parse_money(std::string(400, '9'), "price"), fails_with(ErrorCode::kInvalid));
}

TEST(Money, FourHundredZerosAfterThePointAreStillExact) {
  const auto amount = parse_money("17.35" + std::string(400, '0'), "price");
  ASSERT_THAT(amount, is_ok());
  EXPECT_EQ(amount->minor, 1735);
}

TEST(Money, LeadingZerosDoNotCount) {
  const auto amount = parse_money(std::string(400, '0') + "17.35", "price");
  ASSERT_THAT(amount, is_ok());
  EXPECT_EQ(amount->minor, 1735);
}

// Under the undefined-behaviour sanitizer these find an exponent that overflows.
TEST(Money, ExponentsAtTheEndOfTheirRangeAreRefusedOrZero) {
  EXPECT_THAT(parse_money("1.5e-9223372036854775808", "price"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_money("10e9223372036854775807", "price"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_money("1e99999999999999999999", "price"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_money("1e-99999999999999999999", "price"), fails_with(ErrorCode::kInvalid));
  const auto zero = parse_money("0.00e9223372036854775807", "price");
  ASSERT_THAT(zero, is_ok());
  EXPECT_EQ(zero->minor, 0);
}

TEST(Money, ExponentHasAtMostOneSign) {
  EXPECT_THAT(parse_money("1e+-2", "price"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_money("1e--2", "price"), fails_with(ErrorCode::kInvalid));
}

TEST(Money, LimitIsTheCallers) {
  EXPECT_THAT(parse_money("1000000001", "total", kMaxTotal), is_ok());
  EXPECT_THAT(parse_money("5.01", "total", Money{500}), fails_with(ErrorCode::kInvalid, "total"));
}

TEST(Money, TextAlwaysHasTwoDecimals) {
  EXPECT_EQ(to_string(Money{0}), "0.00");
  EXPECT_EQ(to_string(Money{1}), "0.01");
  EXPECT_EQ(to_string(Money{10}), "0.10");
  EXPECT_EQ(to_string(Money{1735}), "17.35");
  EXPECT_EQ(to_string(kMaxPrice), "1000000000.00");
}

TEST(Money, TextReadsBackAsItself) {
  for (std::int64_t minor = 0; minor < 2'000; ++minor) {
    const auto amount = parse_money(to_string(Money{minor}), "price");
    ASSERT_THAT(amount, is_ok());
    ASSERT_EQ(amount->minor, minor);
  }
}

}  // namespace
}  // namespace cqrs
