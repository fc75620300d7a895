#include "core/adapters/kafka/records.h"

#include "core/base/hash.h"

#include "tests/support/builders.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cqrs::kafka {
namespace {

Event an_event() {
  return support::an_event(7, support::user_key(1), 3, support::user_renamed("Zoë"));
}

std::vector<HeaderView> views(const Record& record) {
  std::vector<HeaderView> views;
  for (const auto& header : record.headers) views.push_back({header.name, header.value});
  return views;
}

Decoded decode_again(const Record& record) {
  return decode(Kind::kUser, record.key, record.value, views(record));
}

TEST(KafkaRecords, AnEventComesBackAsItWas) {
  Event event = an_event();
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.recorded_at = {1'795'251'160'963'391};
  Record record;
  encode(event, record);
  EXPECT_EQ(std::get<Event>(decode_again(record)), event);
}

TEST(KafkaRecords, ARecordIsUsedAgainWithoutLeftovers) {
  Event event = an_event();
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Record record;
  encode(event, record);
  event.traceparent = "";
  event.data = "{}";
  encode(event, record);
  EXPECT_EQ(std::get<Event>(decode_again(record)), event);
}

// Byte for byte what stands in a topic, whoever wrote it: columns of the events table as text, in
// this order, then two constants.
TEST(KafkaRecords, HeadersAreTheColumnsAsText) {
  Event event;
  event.position = 4711;
  event.event_id = *parse_uuid("01a1fd4e-c783-7000-85dc-d83922c0e25f");
  event.stream = {Kind::kUser, *parse_uuid("01a1fd4e-c783-7000-899d-d9a2ee33bd8c")};
  event.version = 2;
  event.type = "user.updated";
  event.schema_version = 1;
  event.data = R"({"personal":{"phone":"+4930123456"}})";
  event.recorded_at = {1'795'251'160'963'391};
  Record record;
  encode(event, record);
  EXPECT_EQ(record.key, "01a1fd4e-c783-7000-899d-d9a2ee33bd8c");
  EXPECT_EQ(record.value, event.data);
  std::string text;
  for (const auto& header : record.headers) {
    text += std::string(header.name) + "=" + header.value + "\n";
  }
  EXPECT_EQ(text,
            "ce_specversion=1.0\n"
            "ce_id=01a1fd4e-c783-7000-85dc-d83922c0e25f\n"
            "ce_type=user.updated\n"
            "ce_subject=01a1fd4e-c783-7000-899d-d9a2ee33bd8c\n"
            "ce_aggregateversion=2\n"
            "ce_position=4711\n"
            "ce_schemaversion=1\n"
            "ce_recordedmicros=1795251160963391\n"
            "traceparent=\n"
            "content-type=application/json\n"
            "ce_source=/cqrs/user\n");
}

TEST(KafkaRecords, ThePartitionIsTheSliceModuloTheirNumber) {
  const Uuid id = *parse_uuid("01a1fd4e-c783-7000-899d-d9a2ee33bd8c");
  ASSERT_EQ(slice_of(id), 419);
  EXPECT_EQ(partition_of(id, 6), 419 % 6);
  EXPECT_EQ(partition_of(id, 1024), 419);
  EXPECT_EQ(topic_name("cqrs", Kind::kUser), "cqrs.user");
}

TEST(KafkaRecords, UnknownHeadersAndAnotherOrderMakeNoDifference) {
  const Event event = an_event();
  Record record;
  encode(event, record);
  auto headers = views(record);
  std::swap(headers.front(), headers.back());
  headers.insert(headers.begin(), {"id", "of a connector"});
  EXPECT_EQ(std::get<Event>(decode(Kind::kUser, record.key, record.value, headers)), an_event());
}

TEST(KafkaRecords, AWatermarkIsTheOneRecordWithoutAKey) {
  const std::vector<HeaderView> headers{{kWatermarkHeader, "500"}};
  EXPECT_EQ(std::get<Watermark>(decode(Kind::kOrder, "", "1500", headers)),
            (Watermark{.after = 500, .complete_to = 1500}));
  EXPECT_TRUE(std::holds_alternative<Unreadable>(decode(Kind::kOrder, "", "15x", headers)));
  EXPECT_TRUE(std::holds_alternative<Unreadable>(decode(Kind::kOrder, "key", "15", headers)));
}

TEST(KafkaRecords, WithoutEntityVersionOrPositionThereIsNoEvent) {
  const Event event = an_event();
  Record record;
  encode(event, record);
  for (const std::string_view needed : {"ce_aggregateversion", "ce_position"}) {
    for (const std::string_view bad : {"", "x", "0", "-1", "99999999999999999999"}) {
      auto headers = views(record);
      for (auto& header : headers) {
        if (header.name == needed) header.value = bad;
      }
      EXPECT_TRUE(std::holds_alternative<Unreadable>(
          decode(Kind::kUser, record.key, record.value, headers)))
          << needed << " " << bad;
    }
  }
  EXPECT_TRUE(std::holds_alternative<Unreadable>(
      decode(Kind::kUser, "no id", record.value, views(record))));
  EXPECT_TRUE(
      std::holds_alternative<Unreadable>(decode(Kind::kUser, record.key, record.value, {})));
}

// So that a projector parks it and the others of its entity, instead of never seeing it.
TEST(KafkaRecords, WhatCannotBeReadOtherwiseIsHandedOut) {
  const Event event = an_event();
  Record record;
  encode(event, record);
  auto headers = views(record);
  for (auto& header : headers) {
    if (header.name == "ce_schemaversion") header.value = "new";
    if (header.name == "ce_id") header.value = "none";
  }
  const auto read = std::get<Event>(decode(Kind::kUser, record.key, "not JSON", headers));
  EXPECT_EQ(read.stream, event.stream);
  EXPECT_EQ(read.position, 7);
  EXPECT_EQ(read.version, 3);
  EXPECT_EQ(read.schema_version, 0);
  EXPECT_TRUE(read.event_id.is_nil());
  EXPECT_EQ(read.data, "not JSON");
}

TEST(KafkaRecords, AnEventOfAnotherKindIsUnreadableInThisTopic) {
  const Event event = an_event();
  Record record;
  encode(event, record);
  const auto decoded = decode(Kind::kOrder, record.key, record.value, views(record));
  EXPECT_EQ(std::get<Event>(decoded).type, "unreadable");
}

TEST(KafkaRecords, TheSizeIsNeverLessThanWhatIsSent) {
  Event event = an_event();
  event.version = event.position = INT64_MAX;
  event.schema_version = INT32_MAX;
  event.recorded_at.micros = INT64_MAX;
  event.stream.kind = Kind::kProduct;
  Record record;
  encode(event, record);
  // Beside them: lengths of at most 5 bytes each, and 21 + 61 bytes of framing.
  std::size_t size = record.key.size() + record.value.size() + 82 + 10;
  for (const auto& header : record.headers) size += header.name.size() + header.value.size() + 10;
  EXPECT_LE(size, record_bytes(event));
}

}  // namespace
}  // namespace cqrs::kafka
