// The scanner of our own bodies: every value as the real reader has it, and no step behind the end.
#include "core/read/body_scan.h"

#include "core/base/json.h"
#include "core/project/view_body.h"
#include "core/read/indexed_fields.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string rendered(const StreamKey& key, const State& state) {
  ViewRow row;
  row.key = key;
  row.version = 3;
  row.created_at = kNow;
  row.updated_at = kNow;
  render_view(row, state);
  return row.body;
}

std::vector<std::string> keys_in(std::string_view body) {
  std::vector<std::string> keys;
  BodyScan scan(body);
  while (scan.next()) keys.emplace_back(scan.key());
  return keys;
}

TEST(BodyScan, MembersComeInOrderNestedOnesAsOne) {
  EXPECT_THAT(keys_in(R"({"a":1,"b":{"c":[1,2],"d":"}"},"e":[{"f":"]"}],"g":null})"),
              testing::ElementsAre("a", "b", "e", "g"));
  EXPECT_TRUE(keys_in("{}").empty());
}

TEST(BodyScan, TextsAreUnescaped) {
  const std::string odd = "quote \" slash \\ / line\nbell\x07 tab\t Zoë 🦊";
  std::string body;
  JsonObject object(body);
  object.text("name", odd);
  object.close();
  BodyScan scan(body);
  ASSERT_TRUE(scan.next());
  EXPECT_EQ(scan.text(), odd);
  EXPECT_FALSE(scan.next());
  EXPECT_FALSE(scan.broken());
}

TEST(BodyScan, EveryPrefixOfABodyEndsTheWalkAsBroken) {
  const std::string body = rendered(order_key(1), an_order());
  for (std::size_t size = 0; size < body.size(); ++size) {
    BodyScan scan(std::string_view(body).substr(0, size));
    while (scan.next()) {
    }
    EXPECT_TRUE(scan.broken()) << size;
  }
}

TEST(ArrayScan, GivesEachElementsText) {
  ArrayScan scan(R"([{"a":"],["},2,"x",[]])");
  std::vector<std::string> elements;
  while (scan.next()) elements.emplace_back(scan.raw());
  EXPECT_FALSE(scan.broken());
  EXPECT_THAT(elements, testing::ElementsAre(R"({"a":"],["})", "2", R"("x")", "[]"));
}

TEST(IndexedFields, AreThoseOfTheState) {
  UserState user = a_full_user(4);
  user.personal.name = "Zoë \"Z\" \\ Smith";
  user.active = false;
  const auto of_user = indexed_fields(Kind::kUser, rendered(user_key(4), user));
  ASSERT_THAT(of_user, is_ok());
  EXPECT_EQ(of_user->name, user.personal.name);
  EXPECT_EQ(of_user->email, user.personal.email);
  EXPECT_EQ(of_user->nickname, *user.personal.nickname);
  EXPECT_FALSE(of_user->active);

  const ProductState product = a_product(7);
  const auto of_product = indexed_fields(Kind::kProduct, rendered(product_key(7), product));
  ASSERT_THAT(of_product, is_ok());
  EXPECT_EQ(of_product->description, product.description);
  EXPECT_EQ(of_product->price, product.price);
  EXPECT_TRUE(of_product->active);

  OrderState order = an_order();
  order.stated_price = kMaxTotal;
  const auto of_order = indexed_fields(Kind::kOrder, rendered(order_key(1), order));
  ASSERT_THAT(of_order, is_ok());
  EXPECT_EQ(of_order->user, order.user);
  EXPECT_EQ(of_order->status, "PENDING");
}

TEST(IndexedFields, ABodyThatCannotBeReadIsCorruptNamingTheField) {
  EXPECT_THAT(indexed_fields(Kind::kProduct, R"({"name":7})"),
              fails_with(ErrorCode::kCorrupt, "name"));
  EXPECT_THAT(indexed_fields(Kind::kProduct, R"({"price":"x"})"),
              fails_with(ErrorCode::kCorrupt, "price"));
  EXPECT_THAT(indexed_fields(Kind::kOrder, R"({"userId":"x"})"),
              fails_with(ErrorCode::kCorrupt, "userId"));
  EXPECT_THAT(indexed_fields(Kind::kUser, "not a body"), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
