// Every event and state is read back as it was written; what cannot be read is corrupt, never
// guessed.
#include "core/events/codec.h"

#include "core/base/json_tree.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string data_of(const EventBody& event) {
  std::string data;
  append_event_data(data, event);
  return data;
}

std::string json_of(const State& state) {
  std::string json;
  append_state(json, state);
  return json;
}

// Events have no comparison of their own: what counts is that the same bytes are written again.
void expect_round_trip(const EventBody& event, std::string_view type) {
  EXPECT_EQ(event_type(event), type);
  const auto read = decode_event(type, schema_version(event), data_of(event));
  ASSERT_THAT(read, is_ok()) << data_of(event);
  EXPECT_EQ(event_type(*read), type);
  EXPECT_EQ(data_of(*read), data_of(event));
}

void expect_round_trip(const State& state) {
  const auto read = decode_state(kind_of(state), json_of(state));
  ASSERT_THAT(read, is_ok()) << json_of(state);
  EXPECT_EQ(*read, state);
}

TEST(EventCodec, UserCreatedRoundTrips) {
  expect_round_trip(UserEvent(UserCreated{a_user(1)}), "user.created");
  expect_round_trip(UserEvent(UserCreated{a_full_user(1)}), "user.created");
}

TEST(EventCodec, UserUpdatedRoundTrips) {
  UpdateUser changes;
  changes.email = set("ada@example.com");
  changes.nickname = clear();
  changes.address = set(R"({"city":"Köln"})");
  expect_round_trip(UserEvent(UserUpdated{changes}), "user.updated");
}

TEST(EventCodec, ClearedAndUntouchedFieldsOfAnUpdateStayApart) {
  UpdateUser changes;
  changes.nickname = clear();
  const EventBody event = UserEvent(UserUpdated{changes});
  const auto read = decode_event("user.updated", 1, data_of(event));
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(std::get<UserUpdated>(std::get<UserEvent>(*read)).changes, changes);
}

TEST(EventCodec, ProductEventsRoundTrip) {
  expect_round_trip(ProductEvent(ProductCreated{a_product(1)}), "product.created");
  UpdateProduct changes;
  changes.description = clear();
  expect_round_trip(ProductEvent(ProductUpdated{changes}), "product.updated");
  for (const std::optional<Money> from :
       {std::optional<Money>(Money{1500}), std::optional<Money>()}) {
    expect_round_trip(ProductEvent(ProductPriceChanged{from, Money{1735}}),
                      "product.price_changed");
  }
}

TEST(EventCodec, EventsWithoutDataRoundTrip) {
  expect_round_trip(UserEvent(UserDeleted{}), "user.deleted");
  expect_round_trip(UserEvent(UserDeactivated{}), "user.deactivated");
  expect_round_trip(UserEvent(UserActivated{}), "user.activated");
  expect_round_trip(ProductEvent(ProductDeactivated{}), "product.deactivated");
  expect_round_trip(ProductEvent(ProductActivated{}), "product.activated");
  expect_round_trip(ProductEvent(ProductDeleted{}), "product.deleted");
  expect_round_trip(OrderEvent(OrderPaid{}), "order.paid");
  expect_round_trip(OrderEvent(OrderShipped{}), "order.shipped");
  expect_round_trip(OrderEvent(OrderDelivered{}), "order.delivered");
}

TEST(EventCodec, OrderEventsRoundTrip) {
  OrderState order = an_order();
  order.stated_price = Money{0};
  expect_round_trip(OrderEvent(OrderCreated{order}), "order.created");
  expect_round_trip(OrderEvent(OrderConfirmed{}), "order.confirmed");
  expect_round_trip(OrderEvent(OrderCancelled{"line\nbreak \"quoted\""}), "order.cancelled");
}

TEST(EventCodec, MoneyIsWrittenInMinorUnits) {
  EXPECT_EQ(data_of(ProductEvent(ProductPriceChanged{Money{1500}, Money{1735}})),
            R"({"fromMinor":1500,"toMinor":1735})");
}

TEST(EventCodec, PersonalFieldsStandUnderOneObject) {
  const Json tree = Json::parse(data_of(UserEvent(UserCreated{a_full_user(1)})));
  EXPECT_EQ(tree.size(), 3U);
  EXPECT_EQ(tree["personal"].size(), 6U);
  const Json update = Json::parse(data_of(user_renamed("Ada")));
  EXPECT_EQ(update.size(), 1U);
  EXPECT_TRUE(update.contains("personal"));
}

TEST(EventCodec, FieldOfANewerVersionIsIgnored) {
  EXPECT_THAT(decode_event("product.updated", 1, R"({"name":"Lamp","brand":"Copper"})"), is_ok());
}

TEST(EventCodec, UnknownTypeIsCorruptAndNamed) {
  for (const char* type : {"user.renamed", "product.sold", "order.returned", "payment.failed"}) {
    const auto read = decode_event(type, 1, "{}");
    EXPECT_THAT(read, fails_with(ErrorCode::kCorrupt));
    EXPECT_THAT(read.error().message, testing::HasSubstr(type));
  }
}

TEST(EventCodec, UnknownSchemaVersionIsCorrupt) {
  for (const int version : {0, 2, -1}) {
    EXPECT_THAT(decode_event("order.confirmed", version, "{}"), fails_with(ErrorCode::kCorrupt));
  }
  for (const int version : {0, 3, -1}) {
    const auto read =
        decode_event("product.price_changed", version, R"({"priceMinor":1,"toMinor":1})");
    EXPECT_THAT(read, fails_with(ErrorCode::kCorrupt));
    EXPECT_THAT(read.error().message, testing::HasSubstr("knows 1 to 2"));
  }
}

struct Damage {
  const char* name;
  const char* type;
  const char* data;
  const char* field;
  int version = 1;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class DamagedEvent : public testing::TestWithParam<Damage> {};

TEST_P(DamagedEvent, IsCorruptAndTheFieldIsNamed) {
  EXPECT_THAT(decode_event(GetParam().type, GetParam().version, GetParam().data),
              fails_with(ErrorCode::kCorrupt, GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DamagedEvent,
    testing::Values(
        Damage{"NotJson", "user.created", "{", "JSON"},
        Damage{"NoObject", "user.created", "[]", ""},
        Damage{"UserWithoutPersonal", "user.created", R"({"role":"user","isActive":true})",
               "personal.email"},
        Damage{"UserWithoutName", "user.created",
               R"({"personal":{"email":"a@b.c"},"role":"user","isActive":true})", "personal.name"},
        Damage{"UnknownRole", "user.created",
               R"({"personal":{"email":"a@b.c","name":"A"},"role":"root","isActive":true})",
               "role"},
        Damage{"UpdateClearsName", "user.updated", R"({"personal":{"name":null}})", "personal"},
        Damage{"PriceWithDecimals", "product.price_changed", R"({"priceMinor":17.35})",
               "priceMinor"},
        Damage{"PriceMissing", "product.price_changed", "{}", "priceMinor"},
        Damage{"NewPriceMissing", "product.price_changed", R"({"fromMinor":1})", "toMinor", 2},
        Damage{"OldPriceOfAnotherKind", "product.price_changed", R"({"fromMinor":"1","toMinor":1})",
               "fromMinor", 2},
        Damage{"ReasonMissing", "order.cancelled", "{}", "reason"},
        Damage{"UnknownStatus", "order.created",
               R"({"userId":"0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7","items":[],"totalMinor":0,)"
               R"("status":"LOST"})",
               "status"},
        Damage{"ItemsMissing", "order.created",
               R"({"userId":"0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7","totalMinor":0,)"
               R"("status":"PENDING"})",
               "items"},
        Damage{"UpdateWithoutPersonal", "user.updated", "{}", "personal"},
        Damage{"LineWithoutQuantity", "order.created",
               R"({"userId":"0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7","totalMinor":0,)"
               R"("status":"PENDING","items":[{"productId":)"
               R"("0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7","unitPriceMinor":1}]})",
               "items[0].quantity"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(StateCodec, UsersRoundTrip) {
  expect_round_trip(a_user(1));
  UserState user = a_full_user(1);
  user.role = Role::kAdmin;
  user.active = false;
  expect_round_trip(user);
}

TEST(StateCodec, ProductsRoundTrip) {
  ProductState product = a_product(1);
  expect_round_trip(product);
  product.description = "\"quotes\" \\ and\nlines 🦊";
  product.active = false;
  expect_round_trip(product);
}

TEST(StateCodec, OrdersRoundTripInEveryStatus) {
  OrderState order = an_order();
  expect_round_trip(order);
  order.status = OrderStatus::kConfirmed;
  order.stated_price = Money{7};
  expect_round_trip(order);
  order.status = OrderStatus::kCancelled;
  order.cancel_reason = "too late";
  expect_round_trip(order);
  order.cancel_reason.reset();
  for (const auto status : {OrderStatus::kPaid, OrderStatus::kShipped, OrderStatus::kDelivered}) {
    order.status = status;
    expect_round_trip(order);
  }
}

TEST(StateCodec, DamagedStateIsCorrupt) {
  EXPECT_THAT(decode_state(Kind::kUser, ""), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(decode_state(Kind::kProduct, "{}"), fails_with(ErrorCode::kCorrupt, "name"));
  EXPECT_THAT(decode_state(Kind::kOrder, json_of(a_user(1))), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
