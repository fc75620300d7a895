// The projector's gate, event by event: duplicates, gaps, poison, foreign records and takeovers.
#include "core/project/projector.h"

#include "core/adapters/memory/stores.h"
#include "core/log/table_tail.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

// Hands out pages as they were planned; the cursor counts them.
class PlannedLog final : public EventLog {
 public:
  std::vector<LogPage> pages;

  Result<LogPage> read(const Cursor& cursor, std::size_t /*max*/) override {
    const std::size_t at = cursor.text.empty() ? 0 : std::stoul(cursor.text);
    if (at >= pages.size()) return LogPage{{}, cursor, 0};
    LogPage page = pages[at];
    page.next = {std::to_string(at + 1)};
    return page;
  }
};

class ProjectorTest : public testing::Test {
 protected:
  const Event& record(const StreamKey& stream, std::int64_t version, const EventBody& body) {
    const auto position = static_cast<Position>(record_.events.size() + 1);
    record_.events.push_back(an_event(position, stream, version, body));
    return record_.events.back();
  }
  Event recorded(Position position) const {
    return record_.events.at(static_cast<std::size_t>(position - 1));
  }
  void deliver(const std::vector<Position>& positions, Position complete_to) {
    LogPage page;
    for (const auto position : positions) page.events.push_back(recorded(position));
    page.complete_to = complete_to;
    log_.pages.push_back(page);
  }
  void drain(Projector& projector) {
    for (;;) {
      const auto consumed = projector.step(10);
      ASSERT_THAT(consumed, is_ok());
      if (*consumed == 0) return;
    }
  }
  void three_events_of_user_one() {
    record(user_key(1), 1, user_created(1));
    record(user_key(1), 2, user_renamed("Second"));
    record(user_key(1), 3, user_renamed("Third"));
  }
  void poison(Position position) {
    record_.events.at(static_cast<std::size_t>(position - 1)).type = "user.from_the_future";
  }

  memory::MemoryRecord record_;
  memory::MemoryViews views_;
  memory::Fault fault_ = memory::Fault::kNone;
  PlannedLog log_;
  std::unique_ptr<History> history_ = memory::open_history(record_);
  std::unique_ptr<ProjectionStore> store_ = memory::open_projection_store(
      views_,
      [this](std::string_view call) { return call == "commit" ? fault_ : memory::Fault::kNone; });
  Projector projector_{log_, *history_, *store_};
};

TEST_F(ProjectorTest, NothingNewConsumesNothing) {
  ASSERT_THAT(projector_.start(), is_ok());
  const auto consumed = projector_.step(10);
  ASSERT_THAT(consumed, is_ok());
  EXPECT_EQ(*consumed, 0U);
  EXPECT_EQ(projector_.applied(), 0);
}

TEST_F(ProjectorTest, EventsBecomeRowsAndTheCheckpointStandsOnTheLast) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(views_.checkpoint.applied, 3);
  EXPECT_EQ(views_.checkpoint.event_id, recorded(3).event_id);
  EXPECT_EQ(views_.checkpoint.incarnation, record_.incarnation);
  EXPECT_EQ(projector_.counters().applied, 3U);
}

TEST_F(ProjectorTest, CreationTimeIsOfTheFirstEventAndUpdateTimeOfTheLast) {
  three_events_of_user_one();
  deliver({1}, 1);
  deliver({2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  const ViewRow& row = views_.rows.at(user_key(1));
  EXPECT_EQ(row.created_at, recorded(1).recorded_at);
  EXPECT_EQ(row.updated_at, recorded(3).recorded_at);
}

TEST_F(ProjectorTest, DuplicatesAreDroppedAndCounted) {
  three_events_of_user_one();
  deliver({1, 2, 2}, 2);
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector_.counters().duplicates, 3U);
  EXPECT_EQ(projector_.counters().applied, 3U);
}

TEST_F(ProjectorTest, GapIsFilledFromTheRecord) {
  three_events_of_user_one();
  deliver({1}, 1);
  deliver({3}, 1);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector_.counters().refetched, 1U);
}

TEST_F(ProjectorTest, AggregateThatBeginsWithAGapIsFetchedFromItsFirstEvent) {
  three_events_of_user_one();
  deliver({3}, 0);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector_.counters().refetched, 2U);
}

TEST_F(ProjectorTest, LateEventAfterAFilledGapIsADuplicate) {
  three_events_of_user_one();
  deliver({1, 3, 2}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 3);
  EXPECT_EQ(projector_.counters().duplicates, 1U);
}

TEST_F(ProjectorTest, GapOfManyPagesIsFilled) {
  record(user_key(1), 1, user_created(1));
  for (std::int64_t version = 2; version <= 700; ++version) {
    record(user_key(1), version, user_renamed("Name " + std::to_string(version)));
  }
  deliver({700}, 0);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector_.counters().refetched, 699U);
}

TEST_F(ProjectorTest, EventMissingFromTheRecordItselfIsCorrupt) {
  three_events_of_user_one();
  deliver({3}, 0);
  ASSERT_THAT(projector_.start(), is_ok());
  record_.events.erase(record_.events.begin() + 1);
  EXPECT_THAT(projector_.step(10), fails_with(ErrorCode::kCorrupt));
  EXPECT_TRUE(views_.rows.empty());
}

TEST_F(ProjectorTest, CompletePositionMayLieAnywhereInThePage) {
  three_events_of_user_one();
  record(user_key(2), 1, user_created(2));
  record(user_key(3), 1, user_created(3));
  deliver({5, 1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(projector_.applied(), 3);
  EXPECT_EQ(views_.checkpoint.event_id, recorded(3).event_id);
}

// A log of several partitions completes a prefix with an old event: its last one came pages before.
TEST_F(ProjectorTest, CompletePositionMayLieInAnEarlierPage) {
  record(user_key(1), 1, user_created(1));
  record(user_key(2), 1, user_created(2));
  deliver({2}, 0);
  deliver({1}, 2);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(projector_.applied(), 2);
  EXPECT_EQ(views_.checkpoint.event_id, recorded(2).event_id);
}

// The watermarks of a log of partitions come one by one when several brokers lead them.
TEST_F(ProjectorTest, WhatTheLogTellsInSeveralPartsIsPutTogether) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 1);
  deliver({}, 1);
  deliver({}, 1);
  deliver({}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  for (int step = 0; step < 4; ++step) ASSERT_THAT(projector_.step(10), is_ok());
  EXPECT_EQ(projector_.applied(), 3);
}

TEST_F(ProjectorTest, PoisonParksItsAggregateInOrderWhileOthersFlow) {
  three_events_of_user_one();
  record(user_key(2), 1, user_created(2));
  record(user_key(1), 4, user_renamed("Fourth"));
  poison(2);
  deliver({1, 2, 3, 4}, 4);
  deliver({5}, 5);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 1);
  EXPECT_EQ(views_.rows.at(user_key(2)).version, 1);
  ASSERT_EQ(views_.parked.size(), 3U);
  for (std::int64_t version = 2; version <= 4; ++version) {
    EXPECT_TRUE(views_.parked.contains({user_key(1), version})) << version;
  }
  EXPECT_THAT(views_.parked.at({user_key(1), 2}).reason,
              testing::HasSubstr("user.from_the_future"));
  EXPECT_EQ(projector_.counters().parked, 3U);
  EXPECT_EQ(projector_.applied(), 5);
}

TEST_F(ProjectorTest, PoisonFoundWhileFillingAGapParksEverythingBehindIt) {
  three_events_of_user_one();
  poison(2);
  deliver({1}, 1);
  deliver({3}, 1);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 1);
  EXPECT_EQ(views_.parked.size(), 2U);
}

TEST_F(ProjectorTest, ParkedAggregateStaysParkedAfterARestart) {
  three_events_of_user_one();
  poison(2);
  deliver({1, 2}, 2);
  deliver({3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  ASSERT_THAT(projector_.step(10), is_ok());
  Projector next(log_, *history_, *store_);
  ASSERT_THAT(next.start(), is_ok());
  drain(next);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 1);
  EXPECT_TRUE(views_.parked.contains({user_key(1), 3}));
}

TEST_F(ProjectorTest, EventThatAppliesToNothingIsParked) {
  record(user_key(1), 1, user_renamed("Nobody"));
  deliver({1}, 1);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  EXPECT_TRUE(views_.rows.empty());
  EXPECT_EQ(views_.parked.size(), 1U);
}

TEST_F(ProjectorTest, UnreadableRowParksItsAggregate) {
  three_events_of_user_one();
  deliver({1}, 1);
  deliver({2}, 2);
  ASSERT_THAT(projector_.start(), is_ok());
  ASSERT_THAT(projector_.step(10), is_ok());
  views_.rows.at(user_key(1)).body = "{";
  drain(projector_);
  EXPECT_TRUE(views_.parked.contains({user_key(1), 2}));
}

TEST_F(ProjectorTest, FailedCommitLeavesTheProjectorWhereItWas) {
  three_events_of_user_one();
  poison(3);
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  fault_ = memory::Fault::kNotDone;
  EXPECT_THAT(projector_.step(10), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(projector_.applied(), 0);
  EXPECT_EQ(projector_.counters().applied, 0U);
  EXPECT_EQ(projector_.counters().parked, 0U);
  fault_ = memory::Fault::kNone;
  drain(projector_);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 2);
  EXPECT_EQ(views_.parked.size(), 1U);
}

TEST_F(ProjectorTest, CommitWhoseAnswerGotLostIsRepeatedWithoutHarm) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  fault_ = memory::Fault::kDoneUnacknowledged;
  EXPECT_THAT(projector_.step(10), fails_with(ErrorCode::kUnavailable));
  fault_ = memory::Fault::kNone;
  drain(projector_);
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector_.counters().applied, 3U);
}

// The commit was done but looked like a failure; the next page is shorter and must not undo it.
TEST_F(ProjectorTest, CheckpointNeverGoesBackAfterACommitWhoseAnswerGotLost) {
  three_events_of_user_one();
  TableTail tail(*history_);
  Projector projector(tail, *history_, *store_);
  ASSERT_THAT(projector.start(), is_ok());
  fault_ = memory::Fault::kDoneUnacknowledged;
  ASSERT_THAT(projector.step(3), fails_with(ErrorCode::kUnavailable));
  ASSERT_EQ(views_.checkpoint.applied, 3);
  fault_ = memory::Fault::kNone;
  ASSERT_THAT(projector.step(1), is_ok());
  EXPECT_EQ(views_.checkpoint.applied, 3);
}

TEST_F(ProjectorTest, ViewsOfAnotherIncarnationAreRefused) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  record_.incarnation = make_uuid_v7(2, 2, 2);
  Projector next(log_, *history_, *store_);
  EXPECT_THAT(next.start(), fails_with(ErrorCode::kCorrupt));
}

TEST_F(ProjectorTest, ProjectorOfAnotherRecordLeavesTheRightfulOwnerInPlace) {
  three_events_of_user_one();
  deliver({1, 2}, 2);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  memory::MemoryRecord foreign(make_uuid_v7(2, 2, 2));
  const auto foreign_history = memory::open_history(foreign);
  Projector stranger(log_, *foreign_history, *store_);
  EXPECT_THAT(stranger.start(), fails_with(ErrorCode::kCorrupt));
  deliver({3}, 3);
  drain(projector_);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 3);
}

TEST_F(ProjectorTest, RecordThatEndsBeforeTheCheckpointIsRefused) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  record_.events.pop_back();
  Projector next(log_, *history_, *store_);
  EXPECT_THAT(next.start(), fails_with(ErrorCode::kCorrupt));
}

TEST_F(ProjectorTest, AnotherEventAtTheCheckpointIsRefused) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  drain(projector_);
  record_.events.back().event_id = make_uuid_v7(3, 3, 3);
  Projector next(log_, *history_, *store_);
  EXPECT_THAT(next.start(), fails_with(ErrorCode::kCorrupt));
}

TEST_F(ProjectorTest, EarlierOwnerCanCommitNoMoreAfterATakeover) {
  three_events_of_user_one();
  deliver({1, 2, 3}, 3);
  ASSERT_THAT(projector_.start(), is_ok());
  Projector successor(log_, *history_, *store_);
  ASSERT_THAT(successor.start(), is_ok());
  EXPECT_THAT(projector_.step(10), fails_with(ErrorCode::kVersionConflict));
  EXPECT_TRUE(views_.rows.empty());
  drain(successor);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 3);
}

TEST_F(ProjectorTest, TailOfTheEventsTableReachesTheHead) {
  grow_history(record_, 11, 60);
  TableTail tail(*history_);
  Projector projector(tail, *history_, *store_);
  ASSERT_THAT(projector.start(), is_ok());
  drain(projector);
  EXPECT_EQ(projector.applied(), static_cast<Position>(record_.events.size()));
  EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
  EXPECT_EQ(projector.counters().refetched, 0U);
}

TEST_F(ProjectorTest, CursorOfAnotherLogIsRefused) {
  TableTail tail(*history_);
  EXPECT_THAT(tail.read({"partition 3"}, 10), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(tail.read({"-1"}, 10), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
