// Events as earlier versions of the program wrote them, byte for byte. They stand in people's files
// and must be read for ever: add lines here when a type or a schema version is added, never change
// or remove one.
#include "core/events/codec.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <variant>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

struct GoldenEvent {
  Kind kind;
  int entity;  // which one of its kind
  const char* type;
  int schema_version;
  const char* data;
};

constexpr std::array<GoldenEvent, 24> kLog{{
    {Kind::kUser, 1, "user.created", 1,
     R"({"personal":{"email":"ada@example.com","name":"Ada Lovelace","nickname":"Ada",)"
     R"("phone":"+4930123456","address":"{\"city\":\"Köln\",\"zip\":\"50667\"}",)"
     R"("avatar":"https://example.com/a.png"},"role":"user","isActive":true})"},
    {Kind::kUser, 1, "user.updated", 1,
     R"({"personal":{"email":"ada@new.example.com","name":"Ada \"King\"","nickname":null,)"
     R"("phone":"+4930123457","address":"{\"city\":\"Paris\"}","avatar":null}})"},
    {Kind::kUser, 1, "user.deactivated", 1, "{}"},
    {Kind::kUser, 2, "user.created", 1,
     R"({"personal":{"email":"bob@example.com","name":"Bob","nickname":null,"phone":null,)"
     R"("address":null,"avatar":null},"role":"admin","isActive":false})"},
    {Kind::kUser, 2, "user.activated", 1, "{}"},
    {Kind::kUser, 3, "user.created", 1,
     R"({"personal":{"email":"eve@example.com","name":"Eve","nickname":null,"phone":null,)"
     R"("address":null,"avatar":null},"role":"user","isActive":true})"},
    {Kind::kUser, 3, "user.deleted", 1, "{}"},
    {Kind::kProduct, 1, "product.created", 1,
     R"({"name":"Lamp","description":"line\nbreak\ttab","priceMinor":1500,"isActive":true})"},
    {Kind::kProduct, 1, "product.updated", 1, R"({"name":"Bright lamp","description":null})"},
    {Kind::kProduct, 1, "product.price_changed", 1, R"({"priceMinor":1735})"},
    {Kind::kProduct, 1, "product.price_changed", 2, R"({"fromMinor":1735,"toMinor":1800})"},
    {Kind::kProduct, 1, "product.deactivated", 1, "{}"},
    {Kind::kProduct, 1, "product.activated", 1, "{}"},
    {Kind::kProduct, 2, "product.created", 1,
     R"({"name":"Bulb","description":"","priceMinor":0,"isActive":true})"},
    {Kind::kProduct, 2, "product.deleted", 1, "{}"},
    {Kind::kOrder, 1, "order.created", 1,
     R"({"userId":"018cc251-f400-7000-8000-000000000001","items":[{"productId":)"
     R"("018cc251-f400-7000-8000-000000000002","quantity":3,"unitPriceMinor":1735}],)"
     R"("totalMinor":5205,"status":"PENDING","statedPriceMinor":50})"},
    {Kind::kOrder, 1, "order.confirmed", 1, "{}"},
    {Kind::kOrder, 1, "order.paid", 1, "{}"},
    {Kind::kOrder, 1, "order.shipped", 1, "{}"},
    {Kind::kOrder, 1, "order.delivered", 1, "{}"},
    {Kind::kOrder, 2, "order.created", 1,
     R"({"userId":"018cc251-f400-7000-8000-000000000001","items":[{"productId":)"
     R"("018cc251-f400-7000-8000-000000000002","quantity":1,"unitPriceMinor":1735}],)"
     R"("totalMinor":1735,"status":"PENDING"})"},
    {Kind::kOrder, 2, "order.cancelled", 1, R"({"reason":"too \"late\""})"},
    {Kind::kOrder, 3, "order.created", 1,
     R"({"userId":"018cc251-f400-7000-8000-000000000001","items":[{"productId":)"
     R"("018cc251-f400-7000-8000-000000000002","quantity":1,"unitPriceMinor":1735},{"productId":)"
     R"("018cc251-f400-7000-8000-000000000004","quantity":10000,"unitPriceMinor":100000000000}],)"
     R"("totalMinor":1000000000001735,"status":"PENDING","statedPriceMinor":0})"},
    {Kind::kOrder, 3, "order.confirmed", 1, "{}"},
}};

// The state of every entity after the whole log; nothing for a deleted one.
std::map<std::pair<Kind, int>, std::optional<State>> fold_log() {
  std::map<std::pair<Kind, int>, std::optional<State>> states;
  for (const auto& golden : kLog) {
    const auto body = decode_event(golden.type, golden.schema_version, golden.data);
    EXPECT_THAT(body, is_ok()) << golden.type << " " << golden.data;
    if (body) evolve(states[{golden.kind, golden.entity}], *body);
  }
  return states;
}

template <class TypedState>
TypedState state_of(Kind kind, int entity) {
  const auto states = fold_log();
  const auto at = states.find({kind, entity});
  EXPECT_TRUE(at != states.end() && at->second);
  return std::get<TypedState>(*at->second);
}

TEST(GoldenLog, EveryEventIsReadAsItsOwnType) {
  for (const auto& golden : kLog) {
    const auto body = decode_event(golden.type, golden.schema_version, golden.data);
    ASSERT_THAT(body, is_ok()) << golden.type << " " << golden.data;
    EXPECT_EQ(event_type(*body), golden.type);
  }
}

// A program that writes what it read in another way would have changed the format unnoticed.
TEST(GoldenLog, EventsOfThePresentVersionAreWrittenAsTheyWereRead) {
  for (const auto& golden : kLog) {
    const auto body = decode_event(golden.type, golden.schema_version, golden.data);
    ASSERT_THAT(body, is_ok()) << golden.type;
    if (schema_version(*body) != golden.schema_version) continue;
    std::string data;
    append_event_data(data, *body);
    EXPECT_EQ(data, golden.data) << golden.type;
  }
}

TEST(GoldenLog, EveryTypeThatCanBeWrittenStandsInIt) {
  std::map<std::string, int> newest;
  for (const auto& golden : kLog) {
    int& version = newest[golden.type];
    version = std::max(version, golden.schema_version);
  }
  EXPECT_EQ(newest.size(), std::variant_size_v<UserEvent> + std::variant_size_v<ProductEvent> +
                               std::variant_size_v<OrderEvent>);
  for (const auto& golden : kLog) {
    const auto body = decode_event(golden.type, golden.schema_version, golden.data);
    ASSERT_THAT(body, is_ok());
    EXPECT_EQ(newest.at(golden.type), schema_version(*body)) << golden.type;
  }
}

TEST(GoldenLog, UsersAreWhatTheyWere) {
  const auto ada = state_of<UserState>(Kind::kUser, 1);
  EXPECT_EQ(ada, (UserState{{"ada@new.example.com", "Ada \"King\"", std::nullopt, "+4930123457",
                             R"({"city":"Paris"})", std::nullopt},
                            Role::kUser,
                            false}));
  const auto bob = state_of<UserState>(Kind::kUser, 2);
  EXPECT_EQ(bob.role, Role::kAdmin);
  EXPECT_TRUE(bob.active);
  EXPECT_FALSE((fold_log().at({Kind::kUser, 3}).has_value()));
}

TEST(GoldenLog, ProductsAreWhatTheyWereAfterPriceChangesOfBothVersions) {
  EXPECT_EQ(state_of<ProductState>(Kind::kProduct, 1),
            (ProductState{"Bright lamp", "", Money{1800}, true}));
  EXPECT_FALSE((fold_log().at({Kind::kProduct, 2}).has_value()));
}

TEST(GoldenLog, OrdersAreWhatTheyWere) {
  const auto first = state_of<OrderState>(Kind::kOrder, 1);
  EXPECT_EQ(first.status, OrderStatus::kDelivered);
  EXPECT_EQ(first.stated_price, Money{50});
  EXPECT_EQ(first.total, Money{5205});
  const auto second = state_of<OrderState>(Kind::kOrder, 2);
  EXPECT_EQ(second.status, OrderStatus::kCancelled);
  EXPECT_EQ(second.cancel_reason, "too \"late\"");
  const auto third = state_of<OrderState>(Kind::kOrder, 3);
  ASSERT_EQ(third.lines.size(), 2U);
  EXPECT_EQ(third.lines[1].unit_price, kMaxPrice);
  EXPECT_EQ(total_of(third.lines), third.total);
}

struct GoldenDigest {
  Kind kind;
  int entity;
  const char* id;
  std::int64_t version;  // after so many events of the entity
  const char* digest;
};

// The digests that the first program stored for these events: verify compares with them.
TEST(GoldenLog, FoldsToTheDigestsThatWereStoredAtTheTime) {
  for (const GoldenDigest& golden :
       {GoldenDigest{Kind::kUser, 1, "018cc251-f400-7000-8000-000000000001", 2, "c3d9c7c9c7ec4d70"},
        GoldenDigest{Kind::kProduct, 1, "018cc251-f400-7000-8000-000000000002", 3,
                     "161432a8f3647159"},
        GoldenDigest{Kind::kOrder, 1, "018cc251-f400-7000-8000-000000000003", 2,
                     "f96f7e487bf7071b"},
        GoldenDigest{Kind::kOrder, 2, "018cc251-f400-7000-8000-000000000004", 2,
                     "2ca9f9b6a9a0b283"}}) {
    std::optional<State> state;
    std::int64_t version = 0;
    for (const auto& event : kLog) {
      if (event.kind != golden.kind || event.entity != golden.entity) continue;
      const auto body = decode_event(event.type, event.schema_version, event.data);
      ASSERT_THAT(body, is_ok());
      evolve(state, *body);
      if (++version == golden.version) break;
    }
    ASSERT_TRUE(state && version == golden.version) << golden.id;
    const StreamKey key{golden.kind, *parse_uuid(golden.id)};
    EXPECT_EQ(to_string(digest_of(key, version, &*state)), golden.digest) << golden.id;
  }
}

}  // namespace
}  // namespace cqrs
