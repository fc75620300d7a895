// What every read store promises to queries: rows as they were committed, lists in order of id.
#include "tests/contract/view_rows.h"
#include "tests/support/backends.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class ReadStoreContract : public testing::TestWithParam<Backend<ReadSide>> {
 protected:
  void put(const std::vector<ViewRow>& rows, Position applied = 1) {
    const auto acquired = store_->acquire();
    ASSERT_THAT(acquired, is_ok());
    ASSERT_THAT(store_->commit(acquired->epoch, changes_of(rows, applied)), is_ok());
  }
  std::vector<std::uint64_t> listed_users(const Uuid& after, std::size_t limit) {
    const auto rows = reader_->list(Kind::kUser, after, limit);
    EXPECT_THAT(rows, is_ok());
    std::vector<std::uint64_t> numbers;
    for (const auto& row : *rows) {
      for (std::uint64_t number = 0; number < 10; ++number) {
        if (row.key == user_key(number)) numbers.push_back(number);
      }
    }
    return numbers;
  }

  std::unique_ptr<ReadSide> side_ = GetParam().make();
  std::unique_ptr<ProjectionStore> store_ = side_->open_store();
  std::unique_ptr<ReadStore> reader_ = side_->open_reader();
};

TEST_P(ReadStoreContract, EmptyStoreHasNothing) {
  EXPECT_TRUE(listed_users({}, 10).empty());
  const auto applied = reader_->applied();
  ASSERT_THAT(applied, is_ok());
  EXPECT_EQ(*applied, 0);
  const auto counts = reader_->counts();
  ASSERT_THAT(counts, is_ok());
  EXPECT_EQ(counts->total(), 0);
}

TEST_P(ReadStoreContract, RowsAreReadAsTheyWereCommitted) {
  put({a_row(user_key(1)), a_row(product_key(1)), a_row(order_key(1))});
  const std::vector<StreamKey> keys{order_key(1), user_key(2), user_key(1), product_key(1)};
  const auto rows = reader_->get(keys);
  ASSERT_THAT(rows, is_ok());
  EXPECT_THAT(*rows, testing::ElementsAre(a_row(order_key(1)), std::nullopt, a_row(user_key(1)),
                                          a_row(product_key(1))));
}

TEST_P(ReadStoreContract, DeletedRowComesBackMarked) {
  put({a_deleted_row(user_key(1))});
  const std::vector<StreamKey> keys{user_key(1)};
  const auto rows = reader_->get(keys);
  ASSERT_THAT(rows, is_ok());
  EXPECT_THAT(*rows, testing::ElementsAre(a_deleted_row(user_key(1))));
}

TEST_P(ReadStoreContract, ListIsInOrderOfIdWhateverTheOrderOfWriting) {
  put({a_row(user_key(3)), a_row(user_key(1))});
  put({a_row(user_key(2))});
  EXPECT_THAT(listed_users({}, 10), testing::ElementsAre(1, 2, 3));
}

TEST_P(ReadStoreContract, ListGoesOnAfterAnIdUpToItsLimit) {
  put({a_row(user_key(1)), a_row(user_key(2)), a_row(user_key(3)), a_row(user_key(4))});
  EXPECT_THAT(listed_users({}, 2), testing::ElementsAre(1, 2));
  EXPECT_THAT(listed_users(user_key(2).id, 2), testing::ElementsAre(3, 4));
  EXPECT_THAT(listed_users(user_key(4).id, 2), testing::IsEmpty());
}

TEST_P(ReadStoreContract, ListGoesOnAfterAnIdThatDoesNotExist) {
  put({a_row(user_key(1)), a_row(user_key(3))});
  EXPECT_THAT(listed_users(user_key(2).id, 10), testing::ElementsAre(3));
}

TEST_P(ReadStoreContract, ListLeavesOutDeletedRowsWithoutShorteningThePage) {
  put({a_deleted_row(user_key(1)), a_row(user_key(2)), a_row(user_key(3))});
  EXPECT_THAT(listed_users({}, 2), testing::ElementsAre(2, 3));
}

TEST_P(ReadStoreContract, ListHoldsOneKindOnly) {
  put({a_row(user_key(1)), a_row(product_key(1)), a_row(order_key(1))});
  const auto rows = reader_->list(Kind::kProduct, {}, 10);
  ASSERT_THAT(rows, is_ok());
  EXPECT_THAT(*rows, testing::ElementsAre(a_row(product_key(1))));
}

TEST_P(ReadStoreContract, CountsLeaveOutDeletedRows) {
  put({a_row(user_key(1)), a_row(user_key(2)), a_deleted_row(user_key(3)), a_row(product_key(1)),
       a_row(order_key(1))});
  const auto counts = reader_->counts();
  ASSERT_THAT(counts, is_ok());
  EXPECT_EQ(counts->users, 2);
  EXPECT_EQ(counts->products, 1);
  EXPECT_EQ(counts->orders, 1);
  EXPECT_EQ(counts->total(), 4);
}

TEST_P(ReadStoreContract, OpenReaderSeesWhatIsCommittedLater) {
  put({a_row(user_key(1), 1)}, 1);
  EXPECT_THAT(listed_users({}, 10), testing::ElementsAre(1));
  put({a_row(user_key(1), 2), a_row(user_key(2))}, 3);
  EXPECT_THAT(listed_users({}, 10), testing::ElementsAre(1, 2));
  const auto applied = reader_->applied();
  ASSERT_THAT(applied, is_ok());
  EXPECT_EQ(*applied, 3);
}

INSTANTIATE_TEST_SUITE_P(Backends, ReadStoreContract, testing::ValuesIn(read_backends()),
                         backend_name<ReadSide>);

}  // namespace
}  // namespace cqrs
