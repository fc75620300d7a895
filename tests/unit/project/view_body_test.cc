// View bodies: what clients read is what the digest is recomputed from, so reading back loses
// nothing.
#include "core/project/view_body.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

ViewRow rendered(const State& state) {
  ViewRow row;
  row.key = a_key(kind_of(state), 1);
  row.version = 4;
  row.created_at = kNow;
  row.updated_at = {kNow.micros + 1};
  render_view(row, state);
  return row;
}

void expect_round_trip(const State& state) {
  const ViewRow row = rendered(state);
  const auto parsed = parse_view(row.key.kind, row.body);
  ASSERT_THAT(parsed, is_ok()) << row.body;
  EXPECT_EQ(parsed->key, row.key);
  EXPECT_EQ(parsed->version, 4);
  EXPECT_EQ(parsed->state, state) << row.body;
  EXPECT_EQ(row.digest, digest_of(row.key, 4, &parsed->state));
}

TEST(ViewBody, SparseUserRoundTrips) { expect_round_trip(a_user(1)); }

TEST(ViewBody, FullUserRoundTrips) {
  UserState user = a_full_user(1);
  user.role = Role::kAdmin;
  user.active = false;
  expect_round_trip(user);
}

TEST(ViewBody, TextWithQuotesControlsAndUnicodeRoundTrips) {
  ProductState product = a_product(1);
  product.name = "\"Größe\" \\ 🦊";
  product.description = "line\nbreak\ttab\r";
  expect_round_trip(product);
}

TEST(ViewBody, InactiveProductRoundTrips) {
  ProductState product = a_product(1);
  product.active = false;
  product.description.clear();
  expect_round_trip(product);
}

TEST(ViewBody, PricesRoundTripToTheCent) {
  for (const std::int64_t minor : {std::int64_t{0}, std::int64_t{1}, std::int64_t{9},
                                   std::int64_t{10}, std::int64_t{1735}, kMaxPrice.minor}) {
    ProductState product = a_product(1);
    product.price = Money{minor};
    expect_round_trip(product);
  }
}

TEST(ViewBody, PendingOrderRoundTrips) { expect_round_trip(an_order()); }

TEST(ViewBody, ConfirmedOrderRoundTrips) {
  OrderState order = an_order();
  order.status = OrderStatus::kConfirmed;
  order.stated_price = Money{5};
  expect_round_trip(order);
}

TEST(ViewBody, CancelledOrderRoundTrips) {
  OrderState order = an_order();
  order.status = OrderStatus::kCancelled;
  order.cancel_reason = "too late";
  expect_round_trip(order);
}

TEST(ViewBody, OrdersRoundTripInEveryStatus) {
  OrderState order = an_order();
  for (const auto status : {OrderStatus::kPaid, OrderStatus::kShipped, OrderStatus::kDelivered}) {
    order.status = status;
    expect_round_trip(order);
  }
}

TEST(ViewBody, TombstoneHasNoBodyAndADigestOfItsOwn) {
  ViewRow row = rendered(a_user(1));
  const Digest alive = row.digest;
  render_tombstone(row);
  EXPECT_TRUE(row.deleted);
  EXPECT_EQ(row.body, "");
  EXPECT_EQ(row.digest, digest_of(row.key, row.version, nullptr));
  EXPECT_NE(row.digest, alive);
}

TEST(ViewBody, LargestOrderRoundTrips) {
  OrderState order = an_order();
  order.lines.assign(100, {an_id(Kind::kProduct, 1), 10'000, kMaxPrice});
  order.total = total_of(order.lines);
  EXPECT_EQ(order.total, kMaxTotal);
  expect_round_trip(order);
}

TEST(ViewBody, AddressStandsAsAnObjectAndNotAsText) {
  EXPECT_THAT(rendered(a_full_user(1)).body, testing::HasSubstr(R"("address":{"city":)"));
}

TEST(ViewBody, MoneyStandsAsADecimalNumber) {
  ProductState product = a_product(1);
  product.price = Money{1735};
  EXPECT_THAT(rendered(product).body, testing::HasSubstr(R"("price":17.35)"));
}

TEST(ViewBody, BodyThatIsNotJsonIsCorrupt) {
  EXPECT_THAT(parse_view(Kind::kUser, "{"), fails_with(ErrorCode::kCorrupt));
}

TEST(ViewBody, MissingFieldIsCorruptAndNamed) {
  const ViewRow row = rendered(a_product(1));
  std::string body = row.body;
  body.replace(body.find("\"name\""), 6, "\"nome\"");
  EXPECT_THAT(parse_view(Kind::kProduct, body), fails_with(ErrorCode::kCorrupt, "name"));
}

TEST(ViewBody, OrderWithoutItsItemsIsCorrupt) {
  const ViewRow row = rendered(an_order());
  std::string body = row.body;
  body.replace(body.find("\"items\""), 7, "\"lines\"");
  EXPECT_THAT(parse_view(Kind::kOrder, body), fails_with(ErrorCode::kCorrupt, "items"));
}

TEST(ViewBody, UnknownStatusIsCorrupt) {
  std::string body = rendered(an_order()).body;
  body.replace(body.find("PENDING"), 7, "MISLAID");
  EXPECT_THAT(parse_view(Kind::kOrder, body), fails_with(ErrorCode::kCorrupt, "status"));
}

}  // namespace
}  // namespace cqrs
