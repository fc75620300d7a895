// What stands for the transaction that a commit is not: versions in the documents, the checkpoint
// last, the epoch in front of both.
#include "core/base/failpoint.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"

#include "tests/adapters/mongo/database.h"
#include "tests/contract/view_rows.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;

class MongoGuards : public testing::Test {
 protected:
  static std::int64_t acquire(ProjectionStore& store) {
    const auto acquired = store.acquire();
    EXPECT_THAT(acquired, is_ok());
    return acquired->epoch;
  }
  std::optional<ViewRow> row(const StreamKey& key) {
    const std::vector<StreamKey> keys{key};
    const auto rows = reader_->get(keys);
    EXPECT_THAT(rows, is_ok());
    return rows->at(0);
  }

  MongoDatabase database_;
  std::int64_t stale_ = 0;
  std::unique_ptr<ProjectionStore> store_ =
      database_.store([this](std::int64_t rows) { stale_ += rows; });
  std::unique_ptr<ReadStore> reader_ = database_.reader();
};

TEST_F(MongoGuards, AnOlderRowIsLeftOutCountedAndNoError) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 5)}, 5)), is_ok());
  EXPECT_EQ(stale_, 0);
  ASSERT_THAT(
      store_->commit(
          epoch,
          changes_of({a_row(user_key(1), 4), a_row(user_key(2), 1), a_row(user_key(3), 2)}, 6)),
      is_ok());
  EXPECT_EQ(stale_, 1);
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 5));
  EXPECT_EQ(row(user_key(2)), a_row(user_key(2), 1)) << "a duplicate stops nothing behind it";
  EXPECT_EQ(row(user_key(3)), a_row(user_key(3), 2));
  EXPECT_EQ(store_->checkpoint()->applied, 6);
}

TEST_F(MongoGuards, ManyOlderRowsAmongNewOnesInOneCommit) {
  const auto epoch = acquire(*store_);
  std::vector<ViewRow> newer;
  std::vector<ViewRow> page;
  for (std::uint64_t number = 0; number < 2'500; ++number) {
    const bool ahead = number % 5 == 0;
    if (ahead) newer.push_back(a_row(product_key(number), 7));
    page.push_back(a_row(product_key(number), ahead ? 6 : 1));
  }
  ASSERT_THAT(store_->commit(epoch, changes_of(newer, 1)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of(page, 2)), is_ok());
  EXPECT_EQ(stale_, 500);
  EXPECT_EQ(reader_->counts()->products, 2'500);
  EXPECT_EQ(row(product_key(5))->version, 7);
  EXPECT_EQ(row(product_key(6))->version, 1);
}

TEST_F(MongoGuards, ATombstoneIsNotRevivedByAnOlderRow) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_deleted_row(user_key(1))}, 2)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 1)}, 3)), is_ok());
  EXPECT_EQ(row(user_key(1)), a_deleted_row(user_key(1)));
  EXPECT_EQ(stale_, 1);
}

TEST_F(MongoGuards, TheSameVersionIsReplacedAsARepairNeedsIt) {
  const auto epoch = acquire(*store_);
  ViewRow damaged = a_row(user_key(1), 3);
  damaged.digest.low ^= 1U;
  ASSERT_THAT(store_->commit(epoch, changes_of({damaged}, 3)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 3)}, 3)), is_ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 3));
  EXPECT_EQ(stale_, 0);
}

TEST_F(MongoGuards, ARowThatWasLoadedMayBeTakenBackToAnOlderVersion) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 9)}, 9)), is_ok());
  const std::vector<StreamKey> keys{user_key(1)};
  ViewChanges changes = changes_of({a_row(user_key(1), 5)}, 9);
  changes.before = *store_->load(keys);
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 5));
}

TEST_F(MongoGuards, ARowThatMovedOnSinceItWasLoadedIsKeptAndStopsNoneBehindIt) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 9)}, 9)), is_ok());
  const std::vector<StreamKey> keys{user_key(1), user_key(2)};
  ViewChanges changes = changes_of({a_row(user_key(1), 5), a_row(user_key(2))}, 9);
  changes.before = *store_->load(keys);
  ASSERT_EQ(database_.update("users_g1", "{}", R"({"$set": {"row.v": {"$numberLong": "12"}}})"), 1);
  // The server answers with a duplicate key: the guard of the replacement does not match.
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_EQ(row(user_key(1))->version, 12);
  EXPECT_EQ(row(user_key(2)), a_row(user_key(2)));
  EXPECT_EQ(stale_, 1);
}

TEST_F(MongoGuards, ACommitThatIsRepeatedIsNoOlderRow) {
  const auto epoch = acquire(*store_);
  ViewChanges changes = changes_of({a_row(user_key(1)), a_row(order_key(1))}, 5);
  changes.parked = {{an_event(2, user_key(2), 1, user_renamed("Ada")), "unknown type"}};
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_EQ(stale_, 0);
  EXPECT_EQ(database_.count("parked_g1"), 1);
  EXPECT_EQ(reader_->counts()->total(), 2);
}

TEST_F(MongoGuards, ACrashBetweenRowsAndCheckpointIsCaughtUpWithByReplay) {
  memory::MemoryRecord record;
  grow_history(record, 11, 400);
  const auto history = memory::open_history(record);
  TableTail log(*history);
  Projector crashed(log, *history, *store_);
  ASSERT_THAT(crashed.start(), is_ok());
  ASSERT_THAT(crashed.step(50), is_ok());
  const auto before = store_->checkpoint();
  ASSERT_THAT(crashed.step(200), is_ok());
  // As if the checkpoint of the last page had not been written: its rows are there.
  ViewChanges back;
  back.checkpoint = *before;
  ASSERT_THAT(store_->commit(acquire(*store_), back), is_ok());

  store_ = database_.store([this](std::int64_t rows) { stale_ += rows; });
  Projector projector(log, *history, *store_);
  ASSERT_THAT(projector.start(), is_ok());
  ASSERT_EQ(projector.applied(), 50);
  while (projector.applied() < static_cast<Position>(record.events.size())) {
    ASSERT_THAT(projector.step(70), is_ok());
  }
  EXPECT_GT(projector.counters().duplicates, 0U) << "the gate drops what the rows know already";
  EXPECT_EQ(stale_, 0);
  std::map<StreamKey, ViewRow> stored;
  const auto expected = fold_rows(record.events);
  for (const auto& [key, wanted] : expected) {
    if (const auto found = row(key)) stored.emplace(key, *found);
  }
  EXPECT_EQ(difference(expected, stored), "");
}

TEST_F(MongoGuards, AnOwnerThatLosesItsEpochWithinACommitMovesNoCheckpoint) {
  const auto former = acquire(*store_);
  ASSERT_THAT(failpoint::arm("projector.after_apply,delay=1500ms"), is_ok());
  Status outcome;
  std::thread zombie(
      [&] { outcome = store_->commit(former, changes_of({a_row(user_key(1))}, 9)); });
  while (!row(user_key(1))) std::this_thread::yield();
  const auto successor = database_.store();
  const auto acquired = successor->acquire();
  zombie.join();
  // Out of reach: there is no disarming.
  ASSERT_THAT(failpoint::arm("projector.after_apply:1000000,error"), is_ok());
  ASSERT_THAT(acquired, is_ok());
  EXPECT_EQ(acquired->checkpoint, Checkpoint());
  EXPECT_THAT(outcome, fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(successor->checkpoint()->applied, 0);
  EXPECT_THAT(store_->commit(former, changes_of({a_row(user_key(2))}, 10)),
              fails_with(ErrorCode::kVersionConflict));
  EXPECT_FALSE(row(user_key(2)).has_value());
}

TEST_F(MongoGuards, GenerationsAreNamedAndRemovedAlone) {
  const auto& options = database_.options();
  ASSERT_THAT(mongo::open_projection_store(options, 12), is_ok());
  ASSERT_THAT(mongo::open_projection_store(options, 3), is_ok());
  EXPECT_THAT(*mongo::stored_generations(options), ElementsAre(1, 3, 12));
  ASSERT_THAT(store_->commit(acquire(*store_), changes_of({a_row(user_key(1))}, 1)), is_ok());
  ASSERT_THAT(mongo::remove_generation(options, 12), is_ok());
  ASSERT_THAT(mongo::remove_generation(options, 12), is_ok());
  EXPECT_THAT(*mongo::stored_generations(options), ElementsAre(1, 3));
  EXPECT_TRUE(row(user_key(1)).has_value());
  ASSERT_THAT(mongo::remove_generation(options, 1), is_ok());
  EXPECT_FALSE(row(user_key(1)).has_value());
  EXPECT_EQ(*reader_->applied(), 0);
}

TEST_F(MongoGuards, AnotherFormatIsRefusedWithTheWayOut) {
  ASSERT_EQ(database_.update("checkpoint_g1", "{}", R"({"$set": {"format": 99}})"), 1);
  const auto opened = mongo::open_projection_store(database_.options(), 1);
  ASSERT_THAT(opened, fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(opened.error().message, testing::HasSubstr("rebuild"));
  EXPECT_THAT(mongo::open_read_store(database_.options(), 1), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
