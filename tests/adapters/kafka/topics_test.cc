#include "tests/adapters/kafka/broker.h"

#include <algorithm>

namespace cqrs::kafka {
namespace {

using KafkaTopics = KafkaTest;

TEST_F(KafkaTopics, AreMadeOnceAndFoundAgain) {
  ASSERT_TRUE(ensure_topics(options_, {}).ok());
  const auto topics = describe_topics(options_);
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  ASSERT_EQ(topics->size(), 3U);
  const auto& topic = topics->front();
  EXPECT_EQ(topic.name, options_.prefix + ".order");
  EXPECT_EQ(topic.partitions, 3);
  EXPECT_EQ(topic.replication, 1);
  EXPECT_EQ(topic.records, 0);
  EXPECT_EQ(topic.cleanup_policy, "delete");
  EXPECT_EQ(topic.min_in_sync, "1");
  EXPECT_EQ(topic.retention_ms, "604800000");
}

TEST_F(KafkaTopics, TellHowManyRecordsTheyHold) {
  const auto writer = publisher();
  publish(*writer, 1, 30);
  const auto topics = describe_topics(options_);
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  for (const auto& topic : *topics) EXPECT_EQ(topic.records, 10 + 3) << topic.name;
}

TEST_F(KafkaTopics, KeepForEverWhenToldSo) {
  ASSERT_TRUE(delete_topics(options_).ok());
  TopicSettings settings;
  settings.retention = std::chrono::hours(0);
  ASSERT_TRUE(ensure_topics(options_, settings).ok());
  const auto topics = describe_topics(options_);
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  EXPECT_EQ(topics->front().retention_ms, "-1");
}

TEST_F(KafkaTopics, MissingOnesAreMade) {
  ASSERT_TRUE(delete_topics(options_).ok());
  const auto none = describe_topics(options_);
  ASSERT_TRUE(none.ok()) << none.error().message;
  EXPECT_TRUE(none->empty());
  create_raw(Kind::kProduct, "delete");
  const auto status = ensure_topics(options_, {});
  ASSERT_TRUE(status.ok()) << status.error().message;
  const auto topics = describe_topics(options_);
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  EXPECT_EQ(topics->size(), 3U);
}

TEST_F(KafkaTopics, OtherPartitionsAreRefused) {
  options_.partitions = 4;
  for (const auto& status :
       {ensure_topics(options_, {}), Status(publisher()->publish(events_of(1, 1), 1).error()),
        Status(log()->read({}, 1).error())}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
    EXPECT_NE(status.error().message.find("3 partitions where 4"), std::string::npos)
        << status.error().message;
  }
}

TEST_F(KafkaTopics, CompactedOnesAreRefused) {
  ASSERT_TRUE(delete_topics(options_).ok());
  create_raw(Kind::kUser, "compact,delete");
  const auto status = ensure_topics(options_, {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_NE(status.error().message.find(options_.prefix + ".user is compacted"), std::string::npos)
      << status.error().message;
}

TEST_F(KafkaTopics, SettingsThatCannotBeKeptAreRefused) {
  TopicSettings settings;
  settings.min_in_sync = 2;
  EXPECT_EQ(ensure_topics(options_, settings).error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(delete_topics(options_).ok());
  settings.replication = 99;  // more than there are brokers
  EXPECT_EQ(ensure_topics(options_, settings).error().code, ErrorCode::kInvalid);
  options_.partitions = 0;
  EXPECT_EQ(ensure_topics(options_, {}).error().code, ErrorCode::kInvalid);
  options_.partitions = 3;
}

TEST_F(KafkaTopics, WithoutABrokerTheyAreUnavailable) {
  options_.brokers = "127.0.0.1:1";
  EXPECT_EQ(ensure_topics(options_, {}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(describe_topics(options_).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cqrs::kafka
