// Old schema versions: one step each, chained, read through decode_event like any other event.
#include "core/events/upcast.h"

#include "core/events/codec.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

ProductPriceChanged price_change(int version, const char* data) {
  const auto body = decode_event("product.price_changed", version, data);
  EXPECT_THAT(body, is_ok()) << data;
  return std::get<ProductPriceChanged>(std::get<ProductEvent>(*body));
}

TEST(Upcast, FirstPriceChangeKnowsOnlyTheNewPrice) {
  const auto changed = price_change(1, R"({"priceMinor":1735})");
  EXPECT_EQ(changed.from, std::nullopt);
  EXPECT_EQ(changed.to, Money{1735});
}

TEST(Upcast, SecondPriceChangeKnowsBoth) {
  const auto changed = price_change(2, R"({"fromMinor":1500,"toMinor":1735})");
  EXPECT_EQ(changed.from, Money{1500});
  EXPECT_EQ(changed.to, Money{1735});
}

TEST(Upcast, NewEventsAreWrittenInThePresentVersion) {
  EXPECT_EQ(schema_version(ProductEvent(ProductPriceChanged{Money{1}, Money{2}})), 2);
  EXPECT_EQ(schema_version(ProductEvent(ProductCreated{a_product(1)})), 1);
  EXPECT_EQ(present_schema_version("product.price_changed"), 2);
  EXPECT_EQ(present_schema_version("no.such_type"), 1);
}

TEST(Upcast, FieldsThatTheOldVersionDidNotKnowAreIgnored) {
  EXPECT_EQ(price_change(1, R"({"priceMinor":1,"currency":"EUR"})").to, Money{1});
}

TEST(Upcast, OldDataThatCannotBeReadIsCorruptAndNamed) {
  const auto missing = upcast("product.price_changed", 1, "{}");
  EXPECT_THAT(missing, fails_with(ErrorCode::kCorrupt, "priceMinor"));
  EXPECT_THAT(missing.error().message, testing::HasSubstr("product.price_changed in version 1"));
  EXPECT_THAT(upcast("product.price_changed", 1, "{"), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(upcast("product.price_changed", 1, "[]"), fails_with(ErrorCode::kCorrupt));
}

TEST(Upcast, DataOfThePresentVersionIsLeftAsItIs) {
  const auto same = upcast("product.price_changed", 2, R"({"toMinor":1, "x":[]})");
  ASSERT_THAT(same, is_ok());
  EXPECT_EQ(*same, R"({"toMinor":1, "x":[]})");
}

// Three versions of a made-up type: a was renamed to b, then b became c, ten times as large.
void b_from_a(ObjectReader& old, std::string& out) {
  JsonObject object(out);
  object.number("b", old.integer("a"));
  object.close();
}
void c_from_b(ObjectReader& old, std::string& out) {
  JsonObject object(out);
  object.number("c", old.integer("b") * 10);
  object.close();
}
constexpr std::array<Upcaster, 3> kSteps{
    {{"x.y", 2, c_from_b}, {"x.z", 1, c_from_b}, {"x.y", 1, b_from_a}}};

TEST(Upcast, StepsAreChainedUpToThePresentVersion) {
  EXPECT_EQ(present_schema_version("x.y", kSteps), 3);
  const auto from_first = upcast("x.y", 1, R"({"a":7})", kSteps);
  ASSERT_THAT(from_first, is_ok());
  EXPECT_EQ(*from_first, R"({"c":70})");
  const auto from_second = upcast("x.y", 2, R"({"b":7})", kSteps);
  ASSERT_THAT(from_second, is_ok());
  EXPECT_EQ(*from_second, R"({"c":70})");
}

TEST(Upcast, FailureInTheMiddleOfTheChainNamesTheVersionItHappenedIn) {
  const auto broken = upcast("x.y", 2, R"({"a":7})", kSteps);
  EXPECT_THAT(broken, fails_with(ErrorCode::kCorrupt, "b"));
  EXPECT_THAT(broken.error().message, testing::HasSubstr("version 2"));
}

TEST(Upcast, EveryStepOfTheProgramLeadsToTheNextWithoutAHole) {
  for (const auto& step : upcasters()) {
    SCOPED_TRACE(std::string(step.type));
    for (int from = 1; from < present_schema_version(step.type); ++from) {
      const auto of_version = [&](const Upcaster& other) {
        return other.type == step.type && other.from == from;
      };
      EXPECT_EQ(std::count_if(upcasters().begin(), upcasters().end(), of_version), 1) << from;
    }
  }
}

}  // namespace
}  // namespace cqrs
