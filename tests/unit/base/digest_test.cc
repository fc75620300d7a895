// The content digest against vectors that an independent implementation computed; they stand in
// docs/formats/digest.md. A change here makes every store differ from every other.
#include "core/base/digest.h"

#include "core/domain/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

const Uuid kUserId = *parse_uuid("0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7");
const Uuid kLampId = *parse_uuid("0190c2a0-7c1f-7000-8000-000000000001");
const Uuid kBulbId = *parse_uuid("0190c2a0-7c1f-7000-8000-000000000002");
const Uuid kOrderId = *parse_uuid("0190c2a0-7c20-7abc-bdef-0123456789ab");

std::string digest_text(const StreamKey& key, std::int64_t version, const State& state) {
  return to_string(digest_of(key, version, &state));
}

TEST(DigestVector, UserWithRequiredFieldsOnly) {
  UserState user;
  user.personal.email = "ada@example.com";
  user.personal.name = "Ada Lovelace";
  EXPECT_EQ(digest_text({Kind::kUser, kUserId}, 1, user), "a78044c017a9268b");
}

TEST(DigestVector, UserWithEveryField) {
  UserState user;
  user.personal = {"ada@example.com", "Ada Lovelace",       "ada",
                   "+4930123456",     R"({"city":"Köln"})", "https://example.com/a.png"};
  user.role = Role::kAdmin;
  user.active = false;
  EXPECT_EQ(digest_text({Kind::kUser, kUserId}, 2, user), "87827a7514c1897e");
}

TEST(DigestVector, ProductWithAnEmptyDescription) {
  EXPECT_EQ(digest_text({Kind::kProduct, kLampId}, 1, ProductState{"Lamp", "", Money{1735}, true}),
            "d7c8e79e8b40dd4b");
}

TEST(DigestVector, ProductAtTenCents) {
  EXPECT_EQ(
      digest_text({Kind::kProduct, kLampId}, 2, ProductState{"Lamp", "Brass", Money{10}, true}),
      "4fb3c7c575770ce2");
}

TEST(DigestVector, PendingOrderOfTwoLines) {
  OrderState order;
  order.user = kUserId;
  order.lines = {{kLampId, 2, Money{1735}}, {kBulbId, 1, Money{10}}};
  order.total = Money{3480};
  EXPECT_EQ(digest_text({Kind::kOrder, kOrderId}, 1, order), "08d460d54bc1fee9");
}

TEST(DigestVector, CancelledOrderWithAStatedPrice) {
  OrderState order;
  order.user = kUserId;
  order.lines = {{kLampId, 2, Money{1735}}};
  order.total = Money{3470};
  order.status = OrderStatus::kCancelled;
  order.stated_price = Money{3470};
  order.cancel_reason = "too late";
  EXPECT_EQ(digest_text({Kind::kOrder, kOrderId}, 2, order), "b39cd00dd5981b55");
}

TEST(DigestVector, Tombstone) {
  EXPECT_EQ(to_string(digest_of({Kind::kUser, kUserId}, 3, nullptr)), "b23bd662e638cef2");
}

TEST(DigestVector, AbsentAndEmptyTextDiffer) {
  DigestBuilder absent("user", kUserId, 1, false);
  absent.optional_text(std::nullopt);
  DigestBuilder empty("user", kUserId, 1, false);
  empty.optional_text(std::string());
  EXPECT_EQ(to_string(absent.finish()), "aa423ddfa169f3c4");
  EXPECT_EQ(to_string(empty.finish()), "c3ea2939461dbe32");
}

TEST(Digest, TextHasSixteenDigitsWithLeadingZeros) {
  EXPECT_EQ(to_string(Digest{0x1, 0x2}), "0000000100000002");
}

TEST(Digest, FieldBoundariesCount) {
  DigestBuilder one("user", kUserId, 1, false);
  one.text("ab");
  one.text("c");
  DigestBuilder two("user", kUserId, 1, false);
  two.text("a");
  two.text("bc");
  EXPECT_NE(one.finish(), two.finish());
}

TEST(Digest, KindIdVersionAndTombstoneAllCount) {
  const Digest base = DigestBuilder("user", kUserId, 1, false).finish();
  EXPECT_NE(base, DigestBuilder("order", kUserId, 1, false).finish());
  EXPECT_NE(base, DigestBuilder("user", kLampId, 1, false).finish());
  EXPECT_NE(base, DigestBuilder("user", kUserId, 2, false).finish());
  EXPECT_NE(base, DigestBuilder("user", kUserId, 1, true).finish());
}

TEST(BucketSums, EqualContentHasNoDifferenceWhateverTheOrder) {
  BucketSums one;
  one.add(5, {1, 2});
  one.add(5, {3, 4});
  BucketSums two;
  two.add(5, {3, 4});
  two.add(5, {1, 2});
  EXPECT_TRUE(one.differing(two).empty());
  EXPECT_EQ(one.at(5), (BucketSum{2, 4, 6}));
}

TEST(BucketSums, DifferingBucketsAreNamedInOrder) {
  BucketSums one;
  one.add(4'095, {1, 2});
  one.add(7, {1, 2});
  one.add(0, {1, 1});
  BucketSums two;
  two.add(0, {1, 1});
  two.add(7, {2, 1});
  EXPECT_THAT(one.differing(two), testing::ElementsAre(7, 4'095));
  EXPECT_EQ(one.entities(), 3);
}

TEST(BucketSums, AFinishedSumCountsLikeTheDigestsInIt) {
  BucketSums one;
  one.add(3, {1, 0xFFFFFFFF});
  one.add(3, {2, 0xFFFFFFFF});
  BucketSums other;
  other.add_sum(3, BucketSum{2, 3, std::int64_t{2} * 0xFFFFFFFF});
  EXPECT_TRUE(one.differing(other).empty());
  EXPECT_EQ(other.entities(), 2);
}

TEST(BucketSums, SumsStayExactOverManyEntities) {
  BucketSums sums;
  for (int i = 0; i < 100'000; ++i) sums.add(1, {0xFFFFFFFFU, 0xFFFFFFFFU});
  EXPECT_EQ(sums.at(1).high, 100'000LL * 0xFFFFFFFFLL);
}

}  // namespace
}  // namespace cqrs
