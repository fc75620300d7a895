#include "tests/adapters/kafka/broker.h"
#include "tests/support/builders.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace cqrs::kafka {
namespace {

using KafkaLog = KafkaTest;

TEST_F(KafkaLog, EntitiesKeepTheirOrderAcrossCallsAndPartitions) {
  const auto writer = publisher();
  for (Position first = 1; first < 1'000; first += 100) publish(*writer, first, first + 99);
  const auto reader = log();
  auto seen = read_to(*reader, {}, 1'000, 37);
  std::map<StreamKey, std::vector<Event>> of_entity;
  for (const auto& event : seen.events) of_entity[event.stream].push_back(event);
  std::map<StreamKey, std::vector<Event>> expected;
  for (const auto& event : events_of(1, 1'000)) expected[event.stream].push_back(event);
  EXPECT_EQ(of_entity, expected);
}

TEST_F(KafkaLog, OneEventIsCompleteAlthoughMostPartitionsAreIdle) {
  const auto writer = publisher();
  publish(*writer, 1, 1);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 1);
  EXPECT_EQ(seen.events, events_of(1, 1));
}

TEST_F(KafkaLog, NothingIsCompleteBeforeEveryPartitionHasItsWatermark) {
  for (const Kind kind : kAllKinds) {
    for (int partition = 0; partition < 3; ++partition) {
      if (kind == Kind::kOrder && partition == 1) continue;
      watermark_raw(kind, partition, {.after = 0, .complete_to = 12});
    }
  }
  ReadCounters counters;
  const auto reader = log(&counters);
  Cursor cursor;
  Position complete = 0;
  while (counters.watermarks < 8) {
    auto page = reader->read(cursor, 100);
    ASSERT_TRUE(page.ok()) << page.error().message;
    EXPECT_TRUE(page->events.empty());
    complete = std::max(complete, page->complete_to);
    cursor = page->next;
  }
  EXPECT_EQ(complete, 0);
  watermark_raw(Kind::kOrder, 1, {.after = 0, .complete_to = 11});
  const auto seen = read_to(*reader, cursor, 11);
  EXPECT_EQ(seen.complete.back(), 11);
}

TEST_F(KafkaLog, AnotherReaderGoesOnFromAnyCursor) {
  const auto writer = publisher();
  for (Position first = 1; first < 300; first += 30) publish(*writer, first, first + 29);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 300, 9);
  ASSERT_GT(seen.cursors.size(), 30U);
  for (std::size_t i = 0; i < seen.cursors.size(); i += 5) {
    const auto other = log();
    const auto rest = read_to(*other, seen.cursors[i], 300);
    auto all = positions(rest.events);
    for (std::size_t j = 0; j < seen.taken[i]; ++j) all.push_back(seen.events[j].position);
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, positions(events_of(1, 300))) << seen.cursors[i].text;
  }
}

TEST_F(KafkaLog, GoesBackWhenItIsGivenAnOldCursor) {
  const auto writer = publisher();
  publish(*writer, 1, 60);
  const auto reader = log();
  const auto first = read_to(*reader, {}, 60, 10);
  const auto second = read_to(*reader, {}, 60, 10);
  EXPECT_EQ(second.events.size(), 60U);
  const auto rest = read_to(*reader, first.cursors[first.cursors.size() / 2], 60, 10);
  EXPECT_LT(rest.events.size(), 60U);
  EXPECT_EQ(first.next, second.next);
}

TEST_F(KafkaLog, WhatALatePublisherRepeatsIsHandedOutAndChangesNoWatermark) {
  const auto late = publisher();
  const auto writer = publisher();
  publish(*late, 1, 30);
  publish(*writer, 31, 90);
  publish(*late, 31, 60);  // woke up after another one had taken over
  publish(*writer, 91, 120);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 120, 11);
  EXPECT_EQ(seen.events.size(), 150U);
  EXPECT_TRUE(in_order(seen.events));
  EXPECT_TRUE(std::is_sorted(seen.complete.begin(), seen.complete.end()));
  // Also from a cursor that stands among the repeated ones.
  const auto other = log();
  EXPECT_TRUE(std::is_sorted(seen.complete.begin(), seen.complete.end()));
  for (std::size_t i = 0; i < seen.cursors.size(); i += 4) {
    (void)read_to(*other, seen.cursors[i], 120);
  }
}

TEST_F(KafkaLog, WithNothingNewItReturnsInTime) {
  options_.read_wait = std::chrono::milliseconds(200);
  const auto writer = publisher();
  publish(*writer, 1, 10);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 10);
  const auto start = std::chrono::steady_clock::now();
  const auto page = reader->read(seen.next, 100);
  const auto took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->next, seen.next);
  EXPECT_EQ(page->complete_to, 10);
  EXPECT_GE(took, std::chrono::milliseconds(190));
  EXPECT_LT(took, std::chrono::milliseconds(1'500));
}

TEST_F(KafkaLog, ForeignRecordsAreSkippedAndCountedAndUnknownTypesHandedOut) {
  const auto writer = publisher();
  publish(*writer, 1, 3);
  produce_raw(Kind::kUser, {.partition = 0, .key = "somebody", .value = "else's", .headers = {}});
  Record record;
  Event unknown = event_at(2);  // a product's
  unknown.position = 4;
  unknown.type = "product.painted";
  unknown.data = "not JSON";
  encode(unknown, record);
  RawRecord raw{.partition = 2, .key = record.key, .value = "not JSON", .headers = {}};
  for (const auto& header : record.headers) raw.headers.emplace_back(header.name, header.value);
  ASSERT_EQ(unknown.stream.kind, kAllKinds[2]);
  produce_raw(unknown.stream.kind, raw);
  publish(*writer, 5, 7);
  ReadCounters counters;
  const auto reader = log(&counters);
  const auto seen = read_to(*reader, {}, 7, 2);
  EXPECT_EQ(counters.unreadable, 1U);
  EXPECT_EQ(counters.events, 7U);
  EXPECT_EQ(counters.watermarks, 18U);
  const auto found = std::find_if(seen.events.begin(), seen.events.end(),
                                  [](const Event& event) { return event.position == 4; });
  ASSERT_NE(found, seen.events.end());
  EXPECT_EQ(found->data, "not JSON");
  // From behind the unreadable one, too.
  const auto other = log();
  for (const auto& cursor : seen.cursors) (void)read_to(*other, cursor, 7);
}

TEST_F(KafkaLog, ACursorOfAnotherLogIsCorrupt) {
  const auto reader = log();
  EXPECT_EQ(reader->read({"table 12"}, 10).error().code, ErrorCode::kCorrupt);
}

TEST_F(KafkaLog, WithoutABrokerItIsUnavailable) {
  options_.brokers = "127.0.0.1:1";
  const auto reader = log();
  EXPECT_EQ(reader->read({}, 10).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cqrs::kafka
