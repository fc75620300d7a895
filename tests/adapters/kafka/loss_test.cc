// What a topic loses must never be passed over in silence: the reader is sent back to the record.
#include "tests/adapters/kafka/broker.h"

#include <algorithm>

namespace cqrs::kafka {
namespace {

class KafkaLoss : public KafkaTest {
 protected:
  void make_anew() const {
    ASSERT_TRUE(delete_topics(options_).ok());
    const auto status = ensure_topics(options_, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  static void expect_not_found(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kNotFound) << error.message;
  }
};

TEST_F(KafkaLoss, ACursorBeforeWhatWasCutIsNotFound) {
  const auto writer = publisher();
  const auto cursor = writer->publish(events_of(1, 30), 30);
  ASSERT_TRUE(cursor.ok());
  publish(*writer, 31, 90);
  delete_records(Kind::kUser, 1, -1);  // all of it
  const auto reader = log();
  expect_not_found(error_of(*reader, *cursor));
  expect_not_found(error_of(*reader, *cursor));
  expect_not_found(error_of(*reader, {}));
}

TEST_F(KafkaLoss, ACursorBehindWhatWasCutGoesOn) {
  const auto writer = publisher();
  publish(*writer, 1, 30);
  const auto cursor = writer->publish(events_of(31, 60), 60);
  ASSERT_TRUE(cursor.ok());
  delete_records(Kind::kUser, 1, 1);
  publish(*writer, 61, 90);
  const auto reader = log();
  EXPECT_EQ(read_to(*reader, *cursor, 90).events.size(), 30U);
}

TEST_F(KafkaLoss, ACursorOfATopicThatWasMadeAnewIsNotFound) {
  const auto writer = publisher();
  const auto cursor = writer->publish(events_of(1, 60), 60);
  ASSERT_TRUE(cursor.ok());
  make_anew();
  const auto reader = log();
  expect_not_found(error_of(*reader, *cursor));
}

// The offsets of the old cursor exist again, amid the first batch: what stands before them would
// be missed.
TEST_F(KafkaLoss, ACursorOfATopicThatWasMadeAnewAndFilledIsNotFound) {
  const auto writer = publisher();
  const auto cursor = writer->publish(events_of(1, 60), 60);
  ASSERT_TRUE(cursor.ok());
  make_anew();
  const auto next = publisher();
  publish(*next, 61, 600);
  const auto reader = log();
  expect_not_found(error_of(*reader, *cursor));
}

TEST_F(KafkaLoss, AReaderMeetsATopicMadeAnewUnderItsHands) {
  const auto writer = publisher();
  publish(*writer, 1, 60);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 60);
  make_anew();
  const auto next = publisher();
  publish(*next, 61, 90);
  expect_not_found(error_of(*reader, seen.next));
}

TEST_F(KafkaLoss, TopicsThatBeginLaterThanTheRecordHaveNoBeginning) {
  const auto writer = publisher();
  publish(*writer, 61, 90);
  const auto reader = log();
  expect_not_found(error_of(*reader, {}));
}

TEST_F(KafkaLoss, AHoleBetweenTwoPublishersIsNotFound) {
  publish(*publisher(), 1, 30);
  publish(*publisher(), 41, 60);
  const auto reader = log();
  expect_not_found(error_of(*reader, {}));
}

TEST_F(KafkaLoss, ATopicThatIsGoneIsNotFound) {
  const auto writer = publisher();
  publish(*writer, 1, 30);
  const auto reader = log();
  const auto seen = read_to(*reader, {}, 30);
  ASSERT_TRUE(delete_topics(options_).ok());
  expect_not_found(error_of(*reader, seen.next));
}

}  // namespace
}  // namespace cqrs::kafka
