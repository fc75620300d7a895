// The promise that makes the two ways of an event into the topics exchangeable: the same rows
// through our publisher and through Debezium give the same key, value, headers and partition.
#include "core/adapters/connect/connector.h"
#include "core/adapters/postgres/stores.h"
#include "core/base/hash.h"

#include "tests/adapters/kafka/broker.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>
#include <pqxx/connection>
#include <pqxx/result>
#include <pqxx/transaction>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace cqrs::kafka {
namespace {

constexpr Position kEvents = 300;

class SameRecords : public KafkaTest {
 protected:
  static void SetUpTestSuite() {
    const std::string up = std::string(CQRS_PARTS_PROGRAM) + " up --only connect >/dev/null 2>&1";
    ASSERT_EQ(std::system(up.c_str()), 0) << "Kafka Connect does not start: scripts/parts up --all";
  }

  void SetUp() override {
    KafkaTest::SetUp();
    ASSERT_TRUE(ensure_heartbeat_topic(options_, 1).ok());
    write_side_ = {support::parts().postgres, options_.prefix, options_.partitions};
    ASSERT_TRUE(postgres::migrate(write_side_).ok());
    slot_ = std::move(postgres::open_capture_slot(write_side_).value());
    connect::Options capture;
    capture.url = support::parts().connect;
    capture.postgres = support::parts().postgres;
    capture.name = options_.prefix;
    capture.slot = postgres::capture_name(options_.prefix);
    capture.patience = std::chrono::seconds(20);
    connector_ = std::move(connect::open_connector(capture).value());
  }

  void TearDown() override {
    EXPECT_TRUE(connector_->remove().ok());
    // Its session with the slot ends a moment later.
    Status removed = slot_->remove();
    for (int left = 50; !removed && left > 0; --left) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      removed = slot_->remove();
    }
    EXPECT_TRUE(removed.ok()) << removed.error().message;
    EXPECT_TRUE(postgres::drop_schema(write_side_).ok());
    EXPECT_TRUE(delete_heartbeat_topic(options_).ok());
    KafkaTest::TearDown();
  }

  // As the write store leaves them.
  void insert(const std::vector<Event>& events) {
    pqxx::connection connection(support::parts().postgres);
    pqxx::work work(connection);
    for (const auto& event : events) {
      work.exec_params("INSERT INTO " + options_.prefix +
                           ".events(position, stream_version, recorded_at, event_id, stream_id, "
                           "partition, schema_version, kind, partition_slice, type, data, "
                           "traceparent) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)",
                       event.position, event.version, event.recorded_at.micros,
                       to_string(event.event_id), to_string(event.stream.id),
                       partition_of(event.stream.id, options_.partitions), event.schema_version,
                       static_cast<int>(event.stream.kind), slice_of(event.stream.id), event.type,
                       event.data, event.traceparent);
    }
    work.commit();
  }

  postgres::Options write_side_;
  std::unique_ptr<CaptureSlot> slot_;
  std::unique_ptr<Connector> connector_;
};

std::string text_of(const RawRecord& record) {
  std::string text = std::to_string(record.partition) + "\n" + record.key + "\n" + record.value;
  for (const auto& [name, value] : record.headers) text += "\n" + name + "=" + value;
  return text;
}

// In the order of their partitions.
std::vector<std::string> texts_of(std::vector<RawRecord> records) {
  std::stable_sort(records.begin(), records.end(), [](const RawRecord& a, const RawRecord& b) {
    return a.partition < b.partition;
  });
  std::vector<std::string> texts;
  for (const auto& record : records) {
    const bool watermark = record.headers.size() == 1 && record.key.empty();
    if (!watermark) texts.push_back(text_of(record));
  }
  return texts;
}

TEST_F(SameRecords, DebeziumWritesWhatOurPublisherWrites) {
  const auto made = slot_->make();
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto runs = connector_->run();
  ASSERT_TRUE(runs.ok()) << runs.error().message;
  const auto events = events_of(1, kEvents);
  insert(events);

  Options ours = options_;
  ours.prefix = support::fresh_namespace();
  ASSERT_TRUE(ensure_topics(ours, {}).ok());
  auto publisher = std::move(open_publisher(ours).value());
  ASSERT_TRUE(publisher->publish(events, kEvents).ok());

  const auto per_kind = static_cast<std::size_t>(kEvents) / kAllKinds.size();
  const auto watermarks = static_cast<std::size_t>(options_.partitions);
  for (const Kind kind : kAllKinds) {
    const auto theirs = texts_of(raw_records(kind, per_kind));
    const std::string prefix = std::exchange(options_.prefix, ours.prefix);
    const auto own = texts_of(raw_records(kind, per_kind + watermarks));
    options_.prefix = prefix;
    ASSERT_EQ(own.size(), per_kind);
    EXPECT_EQ(theirs, own) << kind_name(kind);
  }
  EXPECT_TRUE(delete_topics(ours).ok());
}

}  // namespace
}  // namespace cqrs::kafka
