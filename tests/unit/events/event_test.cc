// Events as CloudEvents: what is sent is what is read, and what is malformed names its attribute.
#include "core/events/event.h"

#include "core/base/hash.h"
#include "core/base/json_tree.h"
#include "core/events/codec.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::string cloud_event(const Event& event) {
  std::string out;
  append_cloud_event(out, event);
  return out;
}

void expect_round_trip(const Event& event) {
  const auto read = parse_cloud_event(cloud_event(event));
  ASSERT_THAT(read, is_ok()) << cloud_event(event);
  EXPECT_THAT(decode_event(read->type, read->schema_version, read->data), is_ok());
  EXPECT_EQ(*read, event);
}

TEST(CloudEvent, EventsOfEveryKindRoundTrip) {
  expect_round_trip(an_event(7, user_key(1), 1, UserEvent(UserCreated{a_full_user(1)})));
  expect_round_trip(
      an_event(8, product_key(1), 2, ProductEvent(ProductPriceChanged{Money{1500}, Money{1735}})));
  expect_round_trip(an_event(9, order_key(1), 3, OrderEvent(OrderCreated{an_order()})));
}

TEST(CloudEvent, EventWithoutATraceRoundTrips) {
  Event event = an_event(1, user_key(1), 1, user_created(1));
  event.traceparent.clear();
  EXPECT_THAT(cloud_event(event), testing::Not(testing::HasSubstr("traceparent")));
  expect_round_trip(event);
}

TEST(CloudEvent, LargestNumbersRoundTrip) {
  Event event = an_event(1, user_key(1), 1, user_created(1));
  event.position = INT64_MAX;
  event.version = INT64_MAX;
  expect_round_trip(event);
}

TEST(CloudEvent, CarriesTheAttributesOfTheStandard) {
  const Event event = an_event(7, order_key(1), 3, OrderEvent(OrderConfirmed{}));
  const Json tree = Json::parse(cloud_event(event));
  EXPECT_EQ(tree["specversion"], "1.0");
  EXPECT_EQ(tree["id"], to_string(event.event_id));
  EXPECT_EQ(tree["source"], "/cqrs/order");
  EXPECT_EQ(tree["type"], "cqrs.order.confirmed");
  EXPECT_EQ(tree["subject"], to_string(event.stream.id));
  EXPECT_EQ(tree["time"], to_string(event.recorded_at));
  EXPECT_EQ(tree["datacontenttype"], "application/json");
  EXPECT_EQ(tree["partitionslice"], slice_of(event.stream.id));
  // Extension attributes: lower-case letters and digits only.
  for (const auto& [name, value] : tree.items()) {
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  }
}

TEST(CloudEvent, TimeIsInUtcWithMicroseconds) {
  EXPECT_EQ(to_string(Timestamp{1'763'710'637'000'123}), "2025-11-21T07:37:17.000123Z");
  EXPECT_EQ(to_string(Timestamp{0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(Timestamp{-1}), "1969-12-31T23:59:59.999999Z");
}

struct Damage {
  const char* name;
  const char* attribute;
  const char* value;  // nullptr: removed
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class DamagedCloudEvent : public testing::TestWithParam<Damage> {};

TEST_P(DamagedCloudEvent, IsInvalidAndTheAttributeIsNamed) {
  Json tree = Json::parse(cloud_event(an_event(7, user_key(1), 1, user_created(1))));
  if (GetParam().value == nullptr) {
    tree.erase(GetParam().attribute);
  } else {
    tree[GetParam().attribute] = Json::parse(GetParam().value);
  }
  EXPECT_THAT(parse_cloud_event(tree.dump()),
              fails_with(ErrorCode::kInvalid, GetParam().attribute));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DamagedCloudEvent,
    testing::Values(Damage{"IdMissing", "id", nullptr}, Damage{"IdMalformed", "id", "\"42\""},
                    Damage{"SubjectMissing", "subject", nullptr},
                    Damage{"TypeMissing", "type", nullptr},
                    Damage{"TypeOfAnotherSystem", "type", "\"com.example.user.created\""},
                    Damage{"TypeOfNoAggregate", "type", "\"cqrs.invoice.created\""},
                    Damage{"VersionMissing", "aggregateversion", nullptr},
                    Damage{"VersionMalformed", "aggregateversion", "1.5"},
                    Damage{"PositionMissing", "position", nullptr},
                    Damage{"SchemaVersionMissing", "schemaversion", nullptr},
                    Damage{"SchemaVersionOutOfRange", "schemaversion", "4294967297"},
                    Damage{"DataMissing", "data", nullptr}, Damage{"DataNoObject", "data", "[]"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CloudEvent, WhatIsNotJsonIsInvalid) {
  EXPECT_THAT(parse_cloud_event("{"), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(parse_cloud_event("[]"), fails_with(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace cqrs
