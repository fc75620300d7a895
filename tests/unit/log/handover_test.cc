// From the record into the topic and back: nothing is left out on either way.
#include "core/log/handover.h"

#include "core/adapters/memory/topic.h"
#include "core/log/relay.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class HandoverTest : public testing::Test {
 protected:
  HandoverTest() { grow_history(record_, 11, 40); }
  void publish_all() {
    auto history = memory::open_history(record_);
    auto publisher = memory::open_publisher(topic_);
    Relay relay(*history, *publisher, *leases_store_,
                {"relay", "one", std::chrono::seconds(10), std::chrono::milliseconds(0), 5});
    while (relay.step(Relay::Time()).value() > 0) {
    }
    relay.stop();
  }
  Handover log() {
    return {
        *history_, *topic_log_,
        [this](Position position) { return leases_store_->published_before("relay", position); },
        memory::complete_to};
  }
  // Reads to the end from `cursor` and gives where it stands then; notes what came.
  Cursor follow(Handover& log, Cursor cursor, Position& complete) {
    for (;;) {
      auto page = log.read(cursor, 7);
      EXPECT_THAT(page, is_ok());
      if (page->events.empty() && page->next == cursor) return cursor;
      for (const auto& event : page->events) seen_.insert(event.position);
      complete = std::max(complete, page->complete_to);
      // What is claimed to be complete has been handed out.
      for (Position at = 1; at <= complete; ++at) EXPECT_TRUE(seen_.contains(at)) << at;
      cursor = page->next;
    }
  }
  Position head() const { return static_cast<Position>(record_.events.size()); }

  memory::MemoryRecord record_;
  memory::MemoryTopic topic_{3};
  memory::MemoryLeases leases_;
  std::unique_ptr<LeaseStore> leases_store_ = memory::open_leases(leases_);
  std::unique_ptr<History> history_ = memory::open_history(record_);
  std::unique_ptr<EventLog> topic_log_ = memory::open_topic_log(topic_);
  std::set<Position> seen_;
};

TEST_F(HandoverTest, WithoutATopicTheRecordIsRead) {
  Handover handover = log();
  Position complete = 0;
  follow(handover, {}, complete);
  EXPECT_EQ(complete, head());
  EXPECT_FALSE(handover.in_topic());
}

TEST_F(HandoverTest, TheTopicTakesOverAndNothingIsLeftOut) {
  Handover handover = log();
  Position complete = 0;
  const Cursor at = follow(handover, {}, complete);
  publish_all();
  grow_history(record_, 12, 20);
  publish_all();
  follow(handover, at, complete);
  EXPECT_EQ(complete, head());
  EXPECT_TRUE(handover.in_topic());
}

TEST_F(HandoverTest, ATopicThatLostItsFrontSendsTheReaderBackToTheRecord) {
  Handover handover = log();
  Position complete = 0;
  publish_all();
  const Cursor at = follow(handover, {}, complete);
  ASSERT_TRUE(handover.in_topic());
  seen_.clear();
  for (Position i = 1; i <= complete; ++i) seen_.insert(i);
  grow_history(record_, 13, 20);
  publish_all();
  for (std::size_t i = 0; i < topic_.entries.size(); ++i) {
    topic_.removed[i] = topic_.entries[i].size();
  }
  follow(handover, at, complete);
  EXPECT_EQ(complete, head());
}

// Such a mark stands behind the reader: following it to where the record goes on would lead back.
TEST_F(HandoverTest, AMarkThatTheTopicHasLostDoesNotHoldAReaderOfTheRecordUp) {
  publish_all();
  for (std::size_t i = 0; i < topic_.entries.size(); ++i) {
    topic_.removed[i] = topic_.entries[i].size();
  }
  const auto lost = [](Position) -> Result<std::optional<Published>> {
    return std::optional<Published>(Published{5, {}, {"1:5 1:5 1:5"}});
  };
  Handover handover(*history_, *topic_log_, lost, memory::complete_to);
  Cursor cursor{"table 8"};
  for (Position at = 8; at + 3 < head(); at += 3) {
    const auto page = handover.read(cursor, 3);
    ASSERT_THAT(page, is_ok());
    ASSERT_EQ(page->events.front().position, at + 1);
    EXPECT_EQ(page->complete_to, at + 3);
    cursor = page->next;
  }
}

TEST_F(HandoverTest, ACursorOfSomethingElseIsCorrupt) {
  Handover handover = log();
  EXPECT_THAT(handover.read({"nonsense"}, 1), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(handover.read({"topic nonsense"}, 1), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
