// What every projection store promises: rows, parked events and checkpoint change together and only
// for the latest owner.
#include "tests/contract/view_rows.h"
#include "tests/support/backends.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class ProjectionStoreContract : public testing::TestWithParam<Backend<ReadSide>> {
 protected:
  Acquired acquire() {
    auto acquired = store_->acquire();
    EXPECT_THAT(acquired, is_ok());
    return *acquired;
  }
  std::vector<std::optional<ViewRow>> load(const std::vector<StreamKey>& keys) {
    auto rows = store_->load(keys);
    EXPECT_THAT(rows, is_ok());
    return *rows;
  }
  static ParkedEvent parked(std::uint64_t user, std::int64_t version) {
    return {an_event(version, user_key(user), version, user_renamed("Ada")), "unknown type"};
  }

  std::unique_ptr<ReadSide> side_ = GetParam().make();
  std::unique_ptr<ProjectionStore> store_ = side_->open_store();
};

TEST_P(ProjectionStoreContract, NewStoreBeginsAtTheBeginning) {
  const Acquired acquired = acquire();
  EXPECT_GE(acquired.epoch, 1);
  EXPECT_EQ(acquired.checkpoint, Checkpoint());
  EXPECT_TRUE(acquired.parked.empty());
}

TEST_P(ProjectionStoreContract, EveryOwnerGetsALaterEpoch) {
  const auto first = acquire().epoch;
  const auto second = acquire().epoch;
  store_.reset();
  store_ = side_->open_store();
  const auto third = acquire().epoch;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_P(ProjectionStoreContract, CheckpointIsAcquiredAsItWasCommitted) {
  ASSERT_THAT(store_->commit(acquire().epoch, changes_of({}, 7)), is_ok());
  EXPECT_EQ(acquire().checkpoint, a_checkpoint(7));
}

TEST_P(ProjectionStoreContract, LookingAtTheCheckpointLeavesTheOwnerInPlace) {
  const auto epoch = acquire().epoch;
  ASSERT_THAT(store_->commit(epoch, changes_of({}, 7)), is_ok());
  const auto other = side_->open_store();
  const auto seen = other->checkpoint();
  ASSERT_THAT(seen, is_ok());
  EXPECT_EQ(*seen, a_checkpoint(7));
  EXPECT_THAT(store_->commit(epoch, changes_of({}, 8)), is_ok());
}

TEST_P(ProjectionStoreContract, RowsTakenOutAreGoneAndTheOthersStay) {
  const std::vector<StreamKey> keys{user_key(1), user_key(2)};
  const auto epoch = acquire().epoch;
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(keys[0]), a_row(keys[1])}, 1)), is_ok());
  ViewChanges changes = changes_of({}, 1);
  changes.removed = {keys[0]};
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  const auto rows = load(keys);
  EXPECT_FALSE(rows[0].has_value());
  EXPECT_EQ(rows[1], a_row(keys[1]));
}

TEST_P(ProjectionStoreContract, RowsOfEveryKindAreLoadedAsTheyWereCommitted) {
  const std::vector<StreamKey> keys{user_key(1), product_key(1), order_key(1)};
  const std::vector<ViewRow> rows{a_row(keys[0]), a_row(keys[1]), a_row(keys[2])};
  ASSERT_THAT(store_->commit(acquire().epoch, changes_of(rows, 1)), is_ok());
  EXPECT_THAT(load(keys), testing::ElementsAre(rows[0], rows[1], rows[2]));
}

TEST_P(ProjectionStoreContract, DeletedRowIsLoadedMarked) {
  const ViewRow row = a_deleted_row(user_key(1));
  ASSERT_THAT(store_->commit(acquire().epoch, changes_of({row}, 1)), is_ok());
  EXPECT_THAT(load({user_key(1)}), testing::ElementsAre(row));
}

TEST_P(ProjectionStoreContract, RowsAreLoadedInTheOrderAskedForAbsentOnesEmpty) {
  ASSERT_THAT(store_->commit(acquire().epoch, changes_of({a_row(user_key(1))}, 1)), is_ok());
  const auto rows = load({user_key(2), user_key(1), user_key(2), user_key(1)});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_FALSE(rows[0].has_value());
  EXPECT_TRUE(rows[1].has_value());
  EXPECT_FALSE(rows[2].has_value());
  EXPECT_TRUE(rows[3].has_value());
}

TEST_P(ProjectionStoreContract, RowIsReplacedByItsNextVersion) {
  const auto epoch = acquire().epoch;
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1)), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 2)}, 2)), is_ok());
  EXPECT_THAT(load({user_key(1)}), testing::ElementsAre(a_row(user_key(1), 2)));
}

TEST_P(ProjectionStoreContract, FormerOwnerCommitsNothing) {
  const auto former = acquire().epoch;
  const auto epoch = acquire().epoch;
  ASSERT_THAT(store_->commit(epoch, changes_of({a_row(user_key(1), 1)}, 1)), is_ok());
  ViewChanges late = changes_of({a_row(user_key(1), 9), a_row(user_key(2))}, 9);
  late.parked.push_back(parked(3, 1));
  EXPECT_THAT(store_->commit(former, late), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(load({user_key(1), user_key(2)}),
              testing::ElementsAre(a_row(user_key(1), 1), std::nullopt));
  const Acquired next = acquire();
  EXPECT_EQ(next.checkpoint, a_checkpoint(1));
  EXPECT_TRUE(next.parked.empty());
}

TEST_P(ProjectionStoreContract, TakeoverByAnotherConnectionCountsToo) {
  const auto former = acquire().epoch;
  const auto other = side_->open_store();
  ASSERT_THAT(other->acquire(), is_ok());
  EXPECT_THAT(store_->commit(former, changes_of({}, 1)), fails_with(ErrorCode::kVersionConflict));
}

TEST_P(ProjectionStoreContract, ParkedAggregatesAreNamedOnceToTheNextOwner) {
  ViewChanges changes = changes_of({}, 1);
  changes.parked = {parked(1, 1), parked(1, 2), parked(2, 1)};
  ASSERT_THAT(store_->commit(acquire().epoch, changes), is_ok());
  EXPECT_THAT(acquire().parked, testing::UnorderedElementsAre(user_key(1), user_key(2)));
}

TEST_P(ProjectionStoreContract, EventParkedAgainIsHarmless) {
  const auto epoch = acquire().epoch;
  ViewChanges changes = changes_of({}, 1);
  changes.parked = {parked(1, 1), parked(1, 1)};
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  ASSERT_THAT(store_->commit(epoch, changes), is_ok());
  EXPECT_THAT(acquire().parked, testing::ElementsAre(user_key(1)));
}

TEST_P(ProjectionStoreContract, CommittedChangesAreThereForTheNextOwnerOfTheStore) {
  ASSERT_THAT(store_->commit(acquire().epoch, changes_of({a_row(order_key(1))}, 5)), is_ok());
  store_.reset();
  store_ = side_->open_store();
  EXPECT_EQ(acquire().checkpoint, a_checkpoint(5));
  EXPECT_THAT(load({order_key(1)}), testing::ElementsAre(a_row(order_key(1))));
}

INSTANTIATE_TEST_SUITE_P(Backends, ProjectionStoreContract, testing::ValuesIn(read_backends()),
                         backend_name<ReadSide>);

}  // namespace
}  // namespace cqrs
