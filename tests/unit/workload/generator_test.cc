#include "core/workload/generator.h"

#include "core/base/json_tree.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs {
namespace {

constexpr WorkloadShape kShape{42, 500, 400, 300};

constexpr const char* kUserBody =
    R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3","email":"2bd6c38bfc6e76e5.0@example.com",)"
    R"("name":"Grace Knuth","password":"012d596414004fa7"})";
constexpr const char* kUserDigest = "b35f5e28e7efcb5d";

std::string body_of(const Generator& generator, Kind kind, std::uint64_t index) {
  std::string body;
  generator.append_body(body, kind, index);
  return body;
}

TEST(Generator, SameSeedGivesTheSameBytes) {
  const Generator one(kShape);
  const Generator two(kShape);
  for (const Kind kind : kAllKinds) {
    for (std::uint64_t i = 0; i < 50; ++i) {
      EXPECT_EQ(body_of(one, kind, i), body_of(two, kind, i));
      EXPECT_EQ(one.idempotency_key(kind, i), two.idempotency_key(kind, i));
    }
  }
}

// Pins the bytes across versions: a changed generator would make every old ledger unreadable.
TEST(Generator, BytesOfSeed42StayAsTheyWere) {
  const Generator generator(kShape);
  EXPECT_EQ(body_of(generator, Kind::kUser, 0), kUserBody);
  EXPECT_EQ(to_string(generator.digest(Kind::kUser, 0)), kUserDigest);
}

TEST(Generator, AnotherSeedGivesOtherEntities) {
  const Generator one(kShape);
  const Generator two({43, 500, 400, 300});
  EXPECT_NE(one.id(Kind::kUser, 7), two.id(Kind::kUser, 7));
  EXPECT_NE(body_of(one, Kind::kProduct, 7), body_of(two, Kind::kProduct, 7));
}

TEST(Generator, IdsGrowWithTheIndexAndLeadBackToIt) {
  const Generator generator(kShape);
  for (std::uint64_t i = 0; i + 1 < kShape.users; ++i) {
    EXPECT_LT(generator.id(Kind::kUser, i), generator.id(Kind::kUser, i + 1));
    EXPECT_EQ(generator.index_of(Kind::kUser, generator.id(Kind::kUser, i)), i);
  }
  EXPECT_EQ(generator.index_of(Kind::kUser, generator.id(Kind::kProduct, 3)), std::nullopt);
}

TEST(Generator, EmailsAndKeysAreUniqueAndNotInKeyOrder) {
  const Generator generator(kShape);
  std::set<std::string> emails;
  std::set<std::string> keys;
  int ascending = 0;
  std::string last;
  for (std::uint64_t i = 0; i < kShape.users; ++i) {
    const State state = generator.state(Kind::kUser, i);
    const std::string& email = std::get<UserState>(state).personal.email;
    ascending += email > last ? 1 : 0;
    last = email;
    emails.insert(email);
    keys.insert(generator.idempotency_key(Kind::kUser, i));
  }
  EXPECT_EQ(emails.size(), kShape.users);
  EXPECT_EQ(keys.size(), kShape.users);
  EXPECT_GT(ascending, 200);
  EXPECT_LT(ascending, 300);
}

TEST(Generator, OrdersReferToEntitiesOfTheSameRun) {
  const Generator generator(kShape);
  for (std::uint64_t i = 0; i < kShape.orders; ++i) {
    const State state = generator.state(Kind::kOrder, i);
    const auto& order = std::get<OrderState>(state);
    EXPECT_TRUE(generator.index_of(Kind::kUser, order.user));
    ASSERT_EQ(order.lines.size(), kLinesPerOrder);
    for (const auto& line : order.lines) {
      EXPECT_TRUE(generator.index_of(Kind::kProduct, line.product));
    }
    EXPECT_EQ(order.total, total_of(order.lines));
  }
}

}  // namespace
}  // namespace cqrs
