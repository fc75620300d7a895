// What the sink's connector makes of records of our topics: documents that verify takes for the
// events, each once, whatever came twice, and nothing of what others wrote there.
#include "core/adapters/connect/connector.h"
#include "core/adapters/memory/stores.h"
#include "core/verify/sink_edge.h"

#include "tests/adapters/kafka/broker.h"
#include "tests/adapters/mongo/database.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace cqrs::kafka {
namespace {

class SinkRecords : public KafkaTest {
 protected:
  static void SetUpTestSuite() {
    const std::string up = std::string(CQRS_PARTS_PROGRAM) + " up --only connect >/dev/null 2>&1";
    ASSERT_EQ(std::system(up.c_str()), 0) << "Kafka Connect does not start: scripts/parts up --all";
  }

  void SetUp() override {
    KafkaTest::SetUp();
    database_ = std::make_unique<support::MongoDatabase>(options_.prefix);
    copies_ =
        std::move(mongo::open_event_copies(database_->options(), options_.partitions).value());
    connect::SinkOptions sink;
    sink.url = support::parts().connect;
    sink.mongo = support::parts().mongo;
    sink.name = options_.prefix;
    sink.connector = options_.prefix + "_sink";
    for (const Kind kind : kAllKinds) {
      sink.collections.at(kind_index(kind)) = mongo::event_collection(kind);
    }
    sink.patience = std::chrono::seconds(20);
    connector_ = std::move(connect::open_sink(sink).value());
    const auto made = connector_->stop();
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(connector_->look()->state, ConnectorState::kStopped);
    const auto runs = connector_->run();
    ASSERT_TRUE(runs.ok()) << runs.error().message;
  }

  void TearDown() override {
    const auto removed = connector_->remove();
    EXPECT_TRUE(removed.ok()) << removed.error().message;
    KafkaTest::TearDown();
  }

  [[nodiscard]] bool complete(Position position) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < give_up) {
      const auto reached = copies_->complete_to();
      if (reached && *reached >= position) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }
  void expect_equal(Position last) {
    memory::MemoryRecord record;
    record.events = events_of(1, last);
    const auto history = memory::open_history(record);
    Findings findings;
    const auto check = check_sink({*copies_, *history, {}}, last, findings);
    ASSERT_TRUE(check.ok()) << check.error().message;
    EXPECT_EQ(check->compared, last);
    EXPECT_EQ(findings.total(), 0);
    for (const auto& finding : findings.first) {
      ADD_FAILURE() << difference_name(finding.kind) << " " << finding.field << " at "
                    << finding.position << ": " << finding.expected << ", " << finding.actual;
    }
  }

  std::unique_ptr<support::MongoDatabase> database_;
  std::unique_ptr<EventCopies> copies_;
  std::unique_ptr<Connector> connector_;
};

TEST_F(SinkRecords, EveryEventIsThereOnceWhateverCameTwice) {
  const auto ours = publisher();
  publish(*ours, 1, 300);
  publish(*ours, 200, 300);
  publish(*ours, 301, 400);
  ASSERT_TRUE(complete(400));
  expect_equal(400);
}

TEST_F(SinkRecords, WhatIsNoneOfOursIsLeftOutAndStopsNothing) {
  const auto ours = publisher();
  publish(*ours, 1, 60);
  produce_raw(Kind::kUser, {0, "stranger", "hello", {}});
  produce_raw(Kind::kUser, {0, "stranger", R"({"a":1})", {{"ce_id", "7"}, {"other", "x"}}});
  produce_raw(Kind::kOrder, {1, "", "", {}});
  publish(*ours, 61, 120);
  ASSERT_TRUE(complete(120));
  expect_equal(120);
}

TEST_F(SinkRecords, WhatWasStoppedBeginsAnewAtTheBeginning) {
  const auto ours = publisher();
  publish(*ours, 1, 60);
  ASSERT_TRUE(complete(60));
  const auto stopped = connector_->stop();
  ASSERT_TRUE(stopped.ok()) << stopped.error().message;
  EXPECT_EQ(connector_->look()->state, ConnectorState::kStopped);
  for (const Kind kind : kAllKinds) database_->remove(mongo::event_collection(kind), "{}");
  ASSERT_TRUE(connector_->run().ok());
  ASSERT_TRUE(complete(60));
  expect_equal(60);
}

}  // namespace
}  // namespace cqrs::kafka
