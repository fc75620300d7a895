// What the transaction and the guards of the views promise: an older owner or version changes
// nothing, owners wait for each other, generations know nothing of each other.
#include "core/base/failpoint.h"

#include "tests/adapters/postgres/database.h"
#include "tests/adapters/postgres/view_database.h"
#include "tests/contract/view_rows.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

class PostgresViewGuards : public testing::Test {
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

  PostgresViews views_;
  std::unique_ptr<ProjectionStore> store_ = views_.store();
  std::unique_ptr<ReadStore> reader_ = views_.reader();
};

TEST_F(PostgresViewGuards, AnOlderRowIsLeftOutAndStopsNoneBesideIt) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 5)}, 5)), is_ok());
  ASSERT_THAT(
      store_->commit(
          epoch,
          changes_of({a_row(user_key(1), 4), a_row(user_key(2), 1), a_row(user_key(3), 2)}, 6)),
      is_ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 5));
  EXPECT_EQ(row(user_key(2)), a_row(user_key(2), 1));
  EXPECT_EQ(row(user_key(3)), a_row(user_key(3), 2));
  EXPECT_EQ(store_->checkpoint()->applied, 6);
}

TEST_F(PostgresViewGuards, ATombstoneIsNotRevivedByAnOlderRow) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_deleted_row(user_key(1))}, 2)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 1)}, 3)), is_ok());
  EXPECT_EQ(row(user_key(1)), a_deleted_row(user_key(1)));
}

TEST_F(PostgresViewGuards, TheSameVersionIsReplacedAsARepairNeedsIt) {
  const auto epoch = acquire(*store_);
  ViewRow damaged = a_row(user_key(1), 3);
  damaged.digest.low ^= 1U;
  ASSERT_THAT(store_->commit(epoch, changes_of({damaged}, 3)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 3)}, 3)), is_ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 3));
}

TEST_F(PostgresViewGuards, ARowThatWasLoadedMayBeTakenBackToAnOlderVersion) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 9)}, 9)), is_ok());
  const std::vector<StreamKey> keys{user_key(1)};
  ViewChanges changes = changes_of({a_row(user_key(1), 5)}, 9);
  changes.before = *store_->load(keys);
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 5));
}

TEST_F(PostgresViewGuards, ARowThatMovedOnSinceItWasLoadedIsKept) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 9)}, 9)), is_ok());
  const std::vector<StreamKey> keys{user_key(1), user_key(2)};
  ViewChanges changes = changes_of({a_row(user_key(1), 5), a_row(user_key(2))}, 9);
  changes.before = *store_->load(keys);
  views_.execute("UPDATE users SET version = 12");
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_EQ(row(user_key(1))->version, 12);
  EXPECT_EQ(row(user_key(2)), a_row(user_key(2)));
}

TEST_F(PostgresViewGuards, ANewOwnerWaitsForACommitThatIsUnderWayAndSeesItWhole) {
  const auto former = acquire(*store_);
  ASSERT_THAT(failpoint::arm("projector.after_apply,delay=1500ms"), is_ok());
  Status outcome;
  std::thread owner([&] { outcome = store_->commit(former, changes_of({a_row(user_key(1))}, 9)); });
  const auto holds_the_row =
      "SELECT count(*) FROM pg_locks JOIN pg_class ON relation = pg_class.oid WHERE relname = "
      "'users' AND mode = 'RowExclusiveLock' AND relnamespace = to_regnamespace('\"" +
      views_.options().schema + "-read-g1\"')";
  while (views_.execute(holds_the_row) == "0") std::this_thread::yield();
  EXPECT_FALSE(row(user_key(1)).has_value()) << "nobody sees half of it";
  const auto successor = views_.store();
  const auto acquired = successor->acquire();
  owner.join();
  // Out of reach: there is no disarming.
  ASSERT_THAT(failpoint::arm("projector.after_apply:1000000,error"), is_ok());
  ASSERT_THAT(acquired, is_ok());
  EXPECT_THAT(outcome, is_ok());
  EXPECT_EQ(acquired->checkpoint.applied, 9);
  EXPECT_TRUE(row(user_key(1)).has_value());
  EXPECT_THAT(store_->commit(former, changes_of({a_row(user_key(2))}, 10)),
              fails_with(ErrorCode::kVersionConflict));
  EXPECT_FALSE(row(user_key(2)).has_value());
}

TEST_F(PostgresViewGuards, GenerationsAreNamedAndRemovedAlone) {
  const auto& options = views_.options();
  ASSERT_THAT(postgres::open_projection_store(options, 12), is_ok());
  ASSERT_THAT(postgres::open_projection_store(options, 3), is_ok());
  EXPECT_THAT(*postgres::stored_generations(options), ElementsAre(1, 3, 12));
  ASSERT_THAT(store_->commit(acquire(*store_), changes_of({a_row(user_key(1))}, 1)), is_ok());
  ASSERT_THAT(postgres::remove_generation(options, 12), is_ok());
  ASSERT_THAT(postgres::remove_generation(options, 12), is_ok());
  EXPECT_THAT(*postgres::stored_generations(options), ElementsAre(1, 3));
  EXPECT_TRUE(row(user_key(1)).has_value());
  ASSERT_THAT(postgres::remove_generation(options, 1), is_ok());
  EXPECT_FALSE(row(user_key(1)).has_value());
  EXPECT_EQ(*reader_->applied(), 0);
  EXPECT_EQ(reader_->counts()->total(), 0);
}

TEST_F(PostgresViewGuards, ASystemWhoseNameBeginsAlikeIsLeftAlone) {
  postgres::Options other = views_.options();
  other.schema += "x";
  EXPECT_THAT(*postgres::stored_generations(other), IsEmpty());
  other.schema = views_.options().schema.substr(0, 5);
  EXPECT_THAT(*postgres::stored_generations(other), IsEmpty());
}

TEST_F(PostgresViewGuards, TheWriteSideOfTheSameNameIsUntouched) {
  ASSERT_THAT(postgres::migrate(views_.options()), is_ok());
  ASSERT_THAT(postgres::remove_generation(views_.options(), 1), is_ok());
  EXPECT_THAT(postgres::open_write_store(views_.options()), is_ok());
  store_ = views_.store();
  ASSERT_THAT(postgres::drop_schema(views_.options()), is_ok());
  EXPECT_THAT(store_->acquire(), is_ok());
}

TEST_F(PostgresViewGuards, AnotherFormatIsRefusedWithTheWayOut) {
  views_.execute("UPDATE checkpoint SET format = 99");
  const auto opened = postgres::open_projection_store(views_.options(), 1);
  ASSERT_THAT(opened, fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(opened.error().message, testing::HasSubstr("rebuild"));
  EXPECT_THAT(postgres::open_read_store(views_.options(), 1), fails_with(ErrorCode::kCorrupt));
}

TEST_F(PostgresViewGuards, ACommitThatTheServerRefusesChangesNothing) {
  const auto epoch = acquire(*store_);
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1)), is_ok());
  views_.execute("ALTER TABLE orders ADD CHECK(version < 7)");
  ViewChanges changes = changes_of({a_row(user_key(1), 2), a_row(order_key(1), 7)}, 2);
  changes.parked = {{an_event(2, user_key(2), 1, user_renamed("Ada")), "unknown type"}};
  EXPECT_FALSE(store_->commit(epoch, changes).ok());
  EXPECT_EQ(row(user_key(1)), a_row(user_key(1), 1));
  EXPECT_EQ(store_->checkpoint()->applied, 1);
  EXPECT_TRUE(store_->acquire()->parked.empty());
}

TEST_F(PostgresViewGuards, IndexesAreMadeWhenTheViewsHaveCaughtUpAndByTheOwnerOnly) {
  const std::string count =
      "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname LIKE "
      "'%_by_%'";
  const auto former = acquire(*store_);
  ASSERT_THAT(store_->commit(former, changes_of({a_row(user_key(1))}, 1)), is_ok());
  EXPECT_EQ(views_.execute(count), "0");
  const auto successor = views_.store();
  const auto epoch = acquire(*successor);
  EXPECT_THAT(store_->caught_up(former), fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(views_.execute(count), "0");
  for (int again = 0; again < 2; ++again) {
    ASSERT_THAT(successor->caught_up(epoch), is_ok());
    EXPECT_EQ(views_.execute(count), "10");
  }
  // As after a restart in the middle.
  views_.execute("DROP INDEX orders_by_user");
  const auto next = views_.store();
  ASSERT_THAT(next->caught_up(acquire(*next)), is_ok());
  EXPECT_EQ(views_.execute(count), "10");
}

TEST_F(PostgresViewGuards, NoTableIsEmptiedByACrash) {
  EXPECT_EQ(views_.execute("SELECT count(*) FROM pg_class WHERE relpersistence <> 'p' AND "
                           "relnamespace = current_schema()::regnamespace"),
            "0");
}

}  // namespace
}  // namespace cqrs
