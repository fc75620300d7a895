// What deletions leave in the views, and what the gate does with events that cannot follow one.
#include "core/adapters/memory/stores.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class TombstoneTest : public testing::Test {
 protected:
  void record(const StreamKey& stream, std::int64_t version, const EventBody& body) {
    const auto position = static_cast<Position>(record_.events.size() + 1);
    record_.events.push_back(an_event(position, stream, version, body));
  }
  // Applies what is recorded with a projector that begins afresh, `page` events at a time.
  void project(std::size_t page = 10) {
    TableTail tail(*history_);
    Projector projector(tail, *history_, *store_);
    ASSERT_THAT(projector.start(), is_ok());
    for (;;) {
      const auto consumed = projector.step(page);
      ASSERT_THAT(consumed, is_ok());
      if (*consumed == 0) return;
    }
  }

  memory::MemoryRecord record_;
  memory::MemoryViews views_;
  std::unique_ptr<History> history_ = memory::open_history(record_);
  std::unique_ptr<ProjectionStore> store_ = memory::open_projection_store(views_);
};

EventBody user_deleted() { return UserEvent(UserDeleted{}); }

TEST_F(TombstoneTest, DeletedEntityIsARowWithoutABody) {
  record(user_key(1), 1, user_created(1));
  record(user_key(1), 2, user_deleted());
  project();
  const ViewRow& row = views_.rows.at(user_key(1));
  EXPECT_TRUE(row.deleted);
  EXPECT_EQ(row.body, "");
  EXPECT_EQ(row.version, 2);
  EXPECT_EQ(row.position, 2);
  EXPECT_EQ(row.digest, digest_of(user_key(1), 2, nullptr));
  EXPECT_EQ(row.created_at, record_.events[0].recorded_at);
  EXPECT_EQ(row.updated_at, record_.events[1].recorded_at);
  EXPECT_TRUE(views_.parked.empty());
}

TEST_F(TombstoneTest, RowsAreTheSameWhateverThePageSize) {
  grow_history(record_, 23, 300);
  const auto expected = fold_rows(record_.events);
  EXPECT_TRUE(std::any_of(expected.begin(), expected.end(),
                          [](const auto& entry) { return entry.second.deleted; }));
  for (const std::size_t page : {std::size_t{1}, std::size_t{7}, std::size_t{1'000}}) {
    views_ = {};
    project(page);
    EXPECT_EQ(difference(expected, views_.rows), "") << page;
  }
}

TEST_F(TombstoneTest, DeletionOfNothingIsParked) {
  record(user_key(1), 1, user_deleted());
  project();
  EXPECT_TRUE(views_.rows.empty());
  EXPECT_EQ(views_.parked.size(), 1U);
}

TEST_F(TombstoneTest, NothingRevivesADeletedEntity) {
  record(user_key(1), 1, user_created(1));
  record(user_key(1), 2, user_deleted());
  project();
  record(user_key(1), 3, user_created(1));
  record(user_key(2), 1, user_created(2));
  project();
  EXPECT_TRUE(views_.rows.at(user_key(1)).deleted);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 2);
  EXPECT_TRUE(views_.parked.contains({user_key(1), 3}));
  EXPECT_FALSE(views_.rows.at(user_key(2)).deleted) << "the others go on";
}

TEST_F(TombstoneTest, SecondDeletionIsParkedAndChangesNothing) {
  record(user_key(1), 1, user_created(1));
  record(user_key(1), 2, user_deleted());
  record(user_key(1), 3, user_deleted());
  project(1);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 2);
  EXPECT_TRUE(views_.parked.contains({user_key(1), 3}));
}

}  // namespace
}  // namespace cqrs
