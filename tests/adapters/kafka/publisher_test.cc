#include "tests/adapters/kafka/broker.h"
#include "tests/support/builders.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace cqrs::kafka {
namespace {

using KafkaPublisher = KafkaTest;

TEST_F(KafkaPublisher, WritesEachEventIntoThePartitionOfItsSlice) {
  const auto writer = publisher();
  publish(*writer, 1, 90);
  auto expected = events_of(1, 90);
  for (const Kind kind : kAllKinds) {
    const auto records = raw_records(kind, 30 + 3);
    ASSERT_EQ(records.size(), 33U);
    for (const auto& record : records) {
      if (record.key.empty()) {
        EXPECT_EQ(record.value, "90");
        EXPECT_EQ(record.headers, (std::vector<std::pair<std::string, std::string>>{
                                      {std::string(kWatermarkHeader), "0"}}));
        continue;
      }
      const auto event = std::find_if(expected.begin(), expected.end(), [&](const Event& e) {
        return record.headers.at(1).second == to_string(e.event_id);
      });
      ASSERT_NE(event, expected.end());
      Record wanted;
      encode(*event, wanted);
      EXPECT_EQ(record.partition, partition_of(event->stream.id, 3));
      EXPECT_EQ(record.key, wanted.key);
      EXPECT_EQ(record.value, wanted.value);
      ASSERT_EQ(record.headers.size(), wanted.headers.size());
      for (std::size_t i = 0; i < wanted.headers.size(); ++i) {
        EXPECT_EQ(record.headers[i].first, wanted.headers[i].name);
        EXPECT_EQ(record.headers[i].second, wanted.headers[i].value);
      }
      expected.erase(event);
    }
  }
  EXPECT_TRUE(expected.empty());
}

TEST_F(KafkaPublisher, ItsCursorIsFollowedByWhatIsPublishedLater) {
  const auto writer = publisher();
  publish(*writer, 1, 50);
  const auto cursor = writer->publish(events_of(51, 80), 80);
  ASSERT_TRUE(cursor.ok()) << cursor.error().message;
  EXPECT_EQ(complete_to(*cursor).value(), 80);
  publish(*writer, 81, 200);
  const auto reader = log();
  auto seen = read_to(*reader, *cursor, 200);
  auto found = positions(seen.events);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, positions(events_of(81, 200)));
}

TEST_F(KafkaPublisher, WithoutEventsItMovesTheWatermarkAlone) {
  const auto writer = publisher();
  publish(*writer, 1, 3);
  ASSERT_TRUE(writer->publish({}, 10).ok());
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 10);
  EXPECT_EQ(seen.events.size(), 3U);
}

TEST_F(KafkaPublisher, AMarkBehindEventsOfOthersSaysWhatItFollows) {
  const auto others = publisher();
  publish(*others, 1, 3);
  const auto writer = publisher();
  ASSERT_TRUE(writer->mark(3, 7).ok());
  EXPECT_EQ(read_to(*log(), {}, 7).events.size(), 3U);
  ASSERT_TRUE(writer->mark(9, 12).ok()) << "who read this far has missed 8 and 9";
  EXPECT_EQ(error_of(*log(), {}).code, ErrorCode::kNotFound);
}

TEST_F(KafkaPublisher, AnEventUpToTheLimitIsTakenAndALargerOneIsNot) {
  const auto writer = publisher();
  publish(*writer, 1, 1);
  auto events = events_of(2, 4);
  const auto rest = record_bytes(events[1]) - events[1].data.size();
  events[1].data = "\"" + std::string(1'000'000 - rest - 2, 'x') + "\"";
  events[1].data.insert(1, 1, 'y');
  const auto refused = writer->publish(events, 4);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_NE(refused.error().message.find(to_string(events[1].event_id)), std::string::npos);
  EXPECT_NE(refused.error().message.find("1000000"), std::string::npos);

  events[1].data.erase(1, 1);
  const auto taken = writer->publish(events, 4);
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  const auto reader = log();
  auto seen = read_to(*reader, {}, 4);
  ASSERT_EQ(seen.events.size(), 4U);  // nothing of the refused call
  const auto large = std::find(seen.events.begin(), seen.events.end(), events[1]);
  EXPECT_NE(large, seen.events.end());
}

TEST_F(KafkaPublisher, WithoutTopicsItIsUnavailableUntilTheyAreThere) {
  ASSERT_TRUE(delete_topics(options_).ok());
  const auto writer = publisher();
  const auto refused = writer->publish(events_of(1, 3), 3);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find(options_.prefix + ".user is not there"),
            std::string::npos);
  ASSERT_TRUE(ensure_topics(options_, {}).ok());
  publish(*writer, 1, 3);
}

// Until what was published long ago is refused when it comes again, or taken: a broker obeys a new
// setting of a topic some time after it has answered.
void await_again(bool taken, const std::function<std::unique_ptr<EventPublisher>()>& open) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (open()->publish(events_of(1, 30), 30).ok() != taken) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// One topic refuses: what the others took stays, and is there twice later.
TEST_F(KafkaPublisher, AFailedDeliveryIsMadeGoodByPublishingAgain) {
  const auto writer = publisher();
  publish(*writer, 1, 30);
  set_topic(Kind::kProduct, "max.message.bytes", "300");
  await_again(false, [this] { return publisher(); });
  const auto failed = writer->publish(events_of(31, 60), 60);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  const auto reader = log();
  auto seen = read_to(*reader, {}, 30);
  EXPECT_GE(seen.events.size(), 30U);
  set_topic(Kind::kProduct, "max.message.bytes", "1048588");
  await_again(true, [this] { return publisher(); });
  publish(*writer, 31, 60);
  const auto rest = read_to(*reader, seen.next, 60);
  EXPECT_TRUE(std::all_of(seen.complete.begin(), seen.complete.end(),
                          [](Position complete) { return complete <= 30; }));
  seen.events.insert(seen.events.end(), rest.events.begin(), rest.events.end());
  EXPECT_TRUE(in_order(seen.events));
  auto found = positions(seen.events);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  EXPECT_EQ(found, positions(events_of(1, 60)));
}

TEST_F(KafkaPublisher, WithoutABrokerItIsUnavailable) {
  options_.brokers = "127.0.0.1:1";
  const auto failed = publisher()->publish(events_of(1, 1), 1);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cqrs::kafka
