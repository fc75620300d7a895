#include "core/adapters/kafka/place.h"

#include "core/adapters/kafka/log.h"

#include <gtest/gtest.h>

namespace cqrs::kafka {
namespace {

TEST(KafkaCursor, ComesBackAsItWas) {
  const Places places{{12, 500, 500}, {0, 500, 500}, {3, 700, 700},
                      {9, 500, 655},  {4, 600, 90},  {1'000'000'000'000, 500, 0}};
  auto parsed = parse_cursor(to_cursor(places), 2);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(*parsed, places);
  EXPECT_EQ(complete_to(to_cursor(places)).value(), 500);
}

TEST(KafkaCursor, IsShortWhenEverythingWasRead) {
  const Places places(18, {123'456, 1'000'000, 1'000'000});
  EXPECT_EQ(to_cursor(Places(3, {12, 34, 34})).text, "1:34:12,12,12");
  EXPECT_LE(to_cursor(places).text.size(), 140U);
}

TEST(KafkaCursor, EmptyIsTheBeginning) {
  EXPECT_EQ(parse_cursor({}, 2).value(), Places(6));
  EXPECT_EQ(complete_to(Cursor{}).value(), 0);
}

TEST(KafkaCursor, OfAnotherLogIsCorrupt) {
  for (const char* text :
       {"12", "table 12", "2:3:1,1,1", "1:", "1:3", "1:3:", "1:3:1,1", "1:3:1,1,1,1", "1:3:1,1,1,",
        "1:3:1,1,1 ", "1:3:1,-1,1", "1:-3:1,1,1", "1:3:1,1+,1", "1:3:1,1+-2,1", "1:3:1~,1,1",
        "1:9223372036854775807:1+1,1,1", "1:3:99999999999999999999,1,1"}) {
    const auto parsed = parse_cursor({text}, 1);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt) << text;
  }
}

TEST(KafkaCursor, OfAnotherNumberOfPartitionsIsCorrupt) {
  const auto parsed = parse_cursor(to_cursor(Places(18)), 12);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(parsed.error().message.find("18 partitions"), std::string::npos);
}

}  // namespace
}  // namespace cqrs::kafka
