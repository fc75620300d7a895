// A page that is worked out while the one before it is committed: when that is done, and what of it
// stands when the commit fails.
#include "core/adapters/memory/stores.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

class CountedLog final : public EventLog {
 public:
  explicit CountedLog(History& history) : tail_(history) {}
  int reads = 0;
  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    ++reads;
    return tail_.read(cursor, max);
  }

 private:
  TableTail tail_;
};

class LoadedKeys final : public ProjectionStore {
 public:
  explicit LoadedKeys(std::unique_ptr<ProjectionStore> inner) : inner_(std::move(inner)) {}
  std::vector<StreamKey> loaded;
  std::vector<std::optional<ViewRow>> before;  // of the last commit
  std::vector<Position> caught_up_at;          // the checkpoint then

  Result<Checkpoint> checkpoint() override { return inner_->checkpoint(); }
  Result<Acquired> acquire() override { return inner_->acquire(); }
  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    loaded.insert(loaded.end(), keys.begin(), keys.end());
    return inner_->load(keys);
  }
  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    before = prepared.changes().before;
    return inner_->commit(epoch, prepared);
  }
  Status caught_up(std::int64_t /*epoch*/) override {
    caught_up_at.push_back(inner_->checkpoint()->applied);
    return {};
  }

 private:
  std::unique_ptr<ProjectionStore> inner_;
};

// Carries a commit out as late as it may.
class LateLane final : public CommitLane {
 public:
  std::function<void()> before_commit;
  void begin(std::function<Status()> commit) override { commit_ = std::move(commit); }
  Status finish() override {
    if (before_commit) before_commit();
    return std::exchange(commit_, {})();
  }

 private:
  std::function<Status()> commit_;
};

class Overlap : public testing::Test {
 protected:
  void record(const StreamKey& stream, std::int64_t version, const EventBody& body) {
    const auto position = static_cast<Position>(record_.events.size() + 1);
    record_.events.push_back(an_event(position, stream, version, body));
  }
  void three_events_of_user_one() {
    record(user_key(1), 1, user_created(1));
    record(user_key(1), 2, user_renamed("Second"));
    record(user_key(1), 3, user_renamed("Third"));
  }
  void expect_everything_applied() {
    EXPECT_EQ(difference(fold_rows(record_.events), views_.rows), "");
    EXPECT_EQ(projector_.applied(), static_cast<Position>(record_.events.size()));
    EXPECT_EQ(views_.checkpoint.applied, projector_.applied());
  }

  memory::MemoryRecord record_;
  memory::MemoryViews views_;
  memory::Fault fault_ = memory::Fault::kNone;
  std::unique_ptr<History> history_ = memory::open_history(record_);
  CountedLog log_{*history_};
  LoadedKeys store_{memory::open_projection_store(views_, [this](std::string_view call) {
    return call == "commit" ? fault_ : memory::Fault::kNone;
  })};
  LateLane lane_;
  Projector projector_{log_, *history_, store_, &lane_};
};

TEST_F(Overlap, PageBehindAFullOneIsWorkedOutBeforeThatIsStored) {
  three_events_of_user_one();
  ASSERT_THAT(projector_.start(), is_ok());
  lane_.before_commit = [&] {
    EXPECT_EQ(log_.reads, 2);
    EXPECT_EQ(projector_.applied(), 0);
  };
  EXPECT_EQ(*projector_.step(2), 2U);
  lane_.before_commit = {};
  EXPECT_EQ(projector_.applied(), 2);
  EXPECT_EQ(projector_.counters().applied, 2U) << "what is worked out is not applied yet";
  EXPECT_EQ(views_.checkpoint.applied, 2) << "nothing is on its way between two steps";
  EXPECT_EQ(*projector_.step(2), 1U);
  expect_everything_applied();
}

TEST_F(Overlap, PageThatIsNotFullIsStoredWithoutWaitingForMore) {
  three_events_of_user_one();
  ASSERT_THAT(projector_.start(), is_ok());
  EXPECT_EQ(*projector_.step(10), 3U);
  EXPECT_EQ(log_.reads, 1);
  expect_everything_applied();
}

TEST_F(Overlap, RowsUnderWayAreWhatTheNextPageStandsOn) {
  three_events_of_user_one();
  ASSERT_THAT(projector_.start(), is_ok());
  for (int page = 0; page < 3; ++page) EXPECT_EQ(*projector_.step(1), 1U);
  expect_everything_applied();
  EXPECT_EQ(projector_.counters().refetched, 0U);
  EXPECT_THAT(store_.loaded, IsEmpty());
  ASSERT_EQ(store_.before.size(), 1U);
  EXPECT_EQ(store_.before[0]->version, 2);
}

TEST_F(Overlap, PageWorkedOutOnOneWhoseCommitFailedIsStoredBehindIt) {
  three_events_of_user_one();
  ASSERT_THAT(projector_.start(), is_ok());
  for (const auto fault : {memory::Fault::kNotDone, memory::Fault::kDoneUnacknowledged}) {
    fault_ = fault;
    EXPECT_THAT(projector_.step(1), fails_with(ErrorCode::kUnavailable));
    EXPECT_EQ(projector_.applied(), 0);
  }
  EXPECT_EQ(log_.reads, 2) << "worked out once";
  fault_ = memory::Fault::kNone;
  for (int page = 0; page < 3; ++page) EXPECT_EQ(*projector_.step(1), 1U);
  expect_everything_applied();
  EXPECT_EQ(projector_.counters().duplicates, 0U);
}

TEST_F(Overlap, WhatWasWorkedOutIsForgottenWithTheOwnership) {
  three_events_of_user_one();
  ASSERT_THAT(projector_.start(), is_ok());
  EXPECT_EQ(*projector_.step(1), 1U);
  ASSERT_THAT(store_.acquire(), is_ok());
  EXPECT_THAT(projector_.step(1), fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(views_.checkpoint.applied, 1);
  ASSERT_THAT(projector_.start(), is_ok());
  EXPECT_EQ(*projector_.step(10), 2U);
  expect_everything_applied();
}

TEST_F(Overlap, ParkedAggregateIsParkedForThePageBehindToo) {
  three_events_of_user_one();
  record_.events[1].type = "user.from_the_future";
  ASSERT_THAT(projector_.start(), is_ok());
  for (int page = 0; page < 3; ++page) EXPECT_EQ(*projector_.step(1), 1U);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 1);
  EXPECT_EQ(views_.parked.size(), 2U);
  EXPECT_EQ(projector_.counters().parked, 2U);
}

TEST_F(Overlap, StoreIsToldBeforeThePageBehindWhichThereIsNothing) {
  three_events_of_user_one();
  record(user_key(2), 1, user_created(2));
  ASSERT_THAT(projector_.start(), is_ok());
  EXPECT_EQ(*projector_.step(3), 3U);
  EXPECT_THAT(store_.caught_up_at, IsEmpty());
  EXPECT_EQ(*projector_.step(3), 1U);
  EXPECT_THAT(store_.caught_up_at, ElementsAre(3));
  EXPECT_EQ(*projector_.step(3), 0U);
  EXPECT_THAT(store_.caught_up_at, ElementsAre(3, 4));
}

TEST_F(Overlap, RowOfANewEntityIsNotLookedForAndOthersAre) {
  three_events_of_user_one();
  record(user_key(2), 1, user_created(2));
  ASSERT_THAT(projector_.start(), is_ok());
  EXPECT_EQ(*projector_.step(10), 4U);
  EXPECT_THAT(store_.loaded, IsEmpty());
  // What the record had at the start may have been written by an earlier owner.
  record(user_key(1), 4, user_renamed("Fourth"));
  record(user_key(3), 1, user_created(3));
  ASSERT_THAT(projector_.start(), is_ok());
  record(user_key(4), 1, user_created(4));
  EXPECT_EQ(*projector_.step(10), 3U);
  EXPECT_THAT(store_.loaded, ElementsAre(user_key(1), user_key(3)));
  expect_everything_applied();
}

// A log may hand out again what it has handed out, in the same page or in a later one.
class RepeatingLog final : public EventLog {
 public:
  explicit RepeatingLog(const memory::MemoryRecord& record) : record_(record) {}
  Result<LogPage> read(const Cursor& cursor, std::size_t /*max*/) override {
    LogPage page;
    page.events = record_.events;
    page.events.push_back(record_.events.front());
    page.next = {cursor.text + "."};
    page.complete_to = static_cast<Position>(record_.events.size());
    return page;
  }

 private:
  const memory::MemoryRecord& record_;
};

TEST_F(Overlap, FirstEventThatIsRepeatedIsKnownToBeOne) {
  three_events_of_user_one();
  RepeatingLog log(record_);
  Projector projector(log, *history_, store_, &lane_);
  ASSERT_THAT(projector.start(), is_ok());
  for (int page = 0; page < 2; ++page) EXPECT_EQ(*projector.step(4), 4U);
  EXPECT_EQ(projector.counters().duplicates, 5U);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 3);
}

}  // namespace
}  // namespace cqrs
