#include "core/base/uuid.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cqrs {
namespace {

constexpr const char* kText = "0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7";

TEST(Uuid, TextReadsBackAsItself) {
  const auto id = parse_uuid(kText);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(to_string(*id), kText);
}

TEST(Uuid, UpperCaseIsReadAndLowerCaseIsWritten) {
  const auto id = parse_uuid("0190C2A0-7C1E-7B6E-9D53-6D2F0A8B41C7");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(to_string(*id), kText);
}

TEST(Uuid, HalvesAreBigEndian) {
  const auto id = parse_uuid(kText);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->high(), 0x0190c2a07c1e7b6eULL);
  EXPECT_EQ(id->low(), 0x9d536d2f0a8b41c7ULL);
}

TEST(Uuid, OrderOfBytesIsOrderOfText) {
  EXPECT_LT(*parse_uuid("0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7"),
            *parse_uuid("0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c8"));
  EXPECT_LT(*parse_uuid("0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7"),
            *parse_uuid("ff90c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7"));
}

class NotAUuid : public testing::TestWithParam<const char*> {};

TEST_P(NotAUuid, IsRefused) { EXPECT_FALSE(parse_uuid(GetParam()).has_value()) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    Texts, NotAUuid,
    testing::Values("", "0190c2a0", "00000000-0000-0000-0000-000000000000",
                    "0190c2a07c1e7b6e9d536d2f0a8b41c7", "{190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c}",
                    "0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c", "0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c77",
                    "0190c2a0_7c1e-7b6e-9d53-6d2f0a8b41c7", "0190c2a07-c1e-7b6e-9d53-6d2f0a8b41c7",
                    "g190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7", " 190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7"),
    [](const auto& info) { return "Text" + std::to_string(info.index); });

TEST(Uuid, RawBytesMustBeSixteen) {
  const auto id = parse_uuid(kText);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(uuid_from_bytes(id->view()), id);
  EXPECT_FALSE(uuid_from_bytes(id->view().substr(1)).has_value());
  EXPECT_FALSE(uuid_from_bytes("").has_value());
}

TEST(UuidV7, CarriesTimeVersionAndVariant) {
  const Uuid id = make_uuid_v7(0x0190c2a07c1e, 0xFFFF'FFFF, ~0ULL);
  EXPECT_EQ(to_string(id), "0190c2a0-7c1e-7fff-bfff-ffffffffffff");
}

TEST(UuidV7Source, GrowsStrictlyWithinOneMillisecond) {
  UuidV7Source source(1);
  Uuid last = source.next(1'000);
  for (int i = 0; i < 10'000; ++i) {
    const Uuid next = source.next(1'000);
    ASSERT_LT(last, next) << i;
    last = next;
  }
}

TEST(UuidV7Source, GrowsStrictlyWhenTheClockStepsBack) {
  UuidV7Source source(1);
  Uuid last = source.next(5'000);
  for (const std::uint64_t ms : {4'999U, 1U, 0U, 5'000U, 5'001U}) {
    const Uuid next = source.next(ms);
    ASSERT_LT(last, next) << ms;
    last = next;
  }
}

TEST(UuidV7Source, DifferentSeedsGiveDifferentIds) {
  UuidV7Source one(1);
  UuidV7Source two(2);
  std::set<Uuid> ids;
  for (int i = 0; i < 1'000; ++i) {
    ids.insert(one.next(1'000));
    ids.insert(two.next(1'000));
  }
  EXPECT_EQ(ids.size(), 2'000U);
}

}  // namespace
}  // namespace cqrs
