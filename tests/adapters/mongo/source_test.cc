// What verify reads of this store, and what it must find there.
#include "core/base/hash.h"

#include "tests/adapters/mongo/database.h"
#include "tests/contract/view_rows.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

class MongoViewSource : public testing::Test {
 protected:
  void put(const std::vector<ViewRow>& rows) {
    ASSERT_THAT(store_->commit(store_->acquire()->epoch, changes_of(rows, 1)), is_ok());
  }
  // Ids of every version and with every leading byte, which is what clients may choose.
  static std::vector<ViewRow> rows_of_any_id(std::size_t count) {
    std::uint64_t state = 7;
    std::vector<ViewRow> rows;
    for (std::size_t i = 0; i < count; ++i) {
      StreamKey key{Kind::kProduct, {}};
      for (auto& byte : key.id.bytes) byte = static_cast<std::uint8_t>(split_mix(state));
      rows.push_back(a_row(key));
      rows.back().digest = {static_cast<std::uint32_t>(split_mix(state)) | 0x80000000U,
                            static_cast<std::uint32_t>(split_mix(state))};
    }
    return rows;
  }
  std::vector<EntityRow> all_pages(std::size_t size) {
    std::vector<EntityRow> all;
    for (std::size_t got = size; got == size;) {
      const auto page =
          source_->page(Kind::kProduct, all.empty() ? Uuid{} : all.back().id, size, false);
      EXPECT_THAT(page, is_ok());
      got = page->size();
      all.insert(all.end(), page->begin(), page->end());
    }
    return all;
  }

  MongoDatabase database_;
  std::unique_ptr<ProjectionStore> store_ = database_.store();
  std::unique_ptr<EntitySource> source_ = database_.source();
};

TEST_F(MongoViewSource, IdsStandInTheOrderOfTheirBytes) {
  auto rows = rows_of_any_id(300);
  put(rows);
  std::sort(rows.begin(), rows.end(),
            [](const ViewRow& a, const ViewRow& b) { return a.key < b.key; });
  const auto pages = all_pages(70);
  ASSERT_EQ(pages.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(pages[i].id, rows[i].key.id);
}

TEST_F(MongoViewSource, SumsAreThoseOfThePagesOverFiveThousandRows) {
  put(rows_of_any_id(5'000));
  const auto pages = all_pages(1'500);
  ASSERT_EQ(pages.size(), 5'000U);
  BucketSums expected;
  for (const auto& row : pages) expected.add(bucket_of(row.id), row.digest);
  const auto sums = source_->sums(Kind::kProduct);
  ASSERT_THAT(sums, is_ok());
  EXPECT_EQ(sums->entities(), 5'000);
  EXPECT_THAT(sums->differing(expected), IsEmpty());
  EXPECT_EQ(source_->sums(Kind::kUser)->entities(), 0);
}

TEST_F(MongoViewSource, RowsOfBucketsAreInOrderOfIdAndNoOthers) {
  put(rows_of_any_id(2'000));
  std::vector<int> buckets;
  std::vector<Uuid> expected;
  for (const auto& row : all_pages(2'001)) {
    const int bucket = bucket_of(row.id);
    if (bucket % 16 == 3) expected.push_back(row.id);
  }
  for (int bucket = 3; bucket < kBuckets; bucket += 16) buckets.push_back(bucket);
  const auto rows = source_->rows_of(Kind::kProduct, buckets);
  ASSERT_THAT(rows, is_ok());
  std::vector<Uuid> found;
  for (const auto& row : *rows) found.push_back(row.id);
  EXPECT_EQ(found, expected);
}

TEST_F(MongoViewSource, OneEntityIsFetchedWithItsBody) {
  const ViewRow row = a_row(user_key(1), 3);
  put({row});
  EXPECT_EQ(*source_->position(), 1);
  const auto found = source_->fetch(user_key(1));
  ASSERT_THAT(found, is_ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->content, row.body);
  EXPECT_EQ((*found)->digest, row.digest);
  EXPECT_EQ((*found)->position, row.position);
  EXPECT_FALSE(source_->fetch(user_key(2))->has_value());
}

TEST_F(MongoViewSource, AnIndexThatTellsSomethingElseIsNamed) {
  put({a_row(product_key(1)), a_row(product_key(2)), a_row(product_key(3)), a_row(user_key(1)),
       a_row(order_key(1)), a_deleted_row(product_key(4))});
  const auto reader = database_.reader();
  const auto differing = [&](Kind kind) { return *reader->index_differences(kind, 10); };
  for (const Kind kind : kAllKinds) EXPECT_THAT(differing(kind), IsEmpty());
  const auto spoil = [&](const char* collection, const char* change) {
    EXPECT_GT(database_.update(collection, R"({"row.del": false})", change), 0);
  };
  spoil("users_g1", R"({"$set": {"row.email": "someone@else.example"}})");
  EXPECT_THAT(differing(Kind::kUser), ElementsAre(user_key(1).id));
  spoil("orders_g1", R"({"$unset": {"row.status": 1}})");
  EXPECT_THAT(differing(Kind::kOrder), ElementsAre(order_key(1).id));
  spoil("products_g1", R"({"$push": {"row.words": "zzz"}})");
  EXPECT_THAT(differing(Kind::kProduct), testing::SizeIs(3));
  EXPECT_THAT(*reader->index_differences(Kind::kProduct, 2), testing::SizeIs(2));
  Findings findings;
  const auto checks = source_->extra_checks();
  ASSERT_EQ(checks.size(), kAllKinds.size());
  const auto compared = checks[1].run(findings);
  ASSERT_THAT(compared, is_ok());
  EXPECT_EQ(*compared, 4);
  EXPECT_EQ(findings.total(), 3);
}

TEST_F(MongoViewSource, ARowThatCannotBeReadIsCorruptAndNamed) {
  put({a_row(user_key(1))});
  ASSERT_EQ(database_.update("users_g1", "{}", R"({"$set": {"row.v": "three"}})"), 1);
  const std::vector<StreamKey> keys{user_key(1)};
  const auto rows = database_.reader()->get(keys);
  ASSERT_THAT(rows, fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(rows.error().message, testing::HasSubstr(to_string(user_key(1).id)));
  EXPECT_THAT(store_->load(keys), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(source_->page(Kind::kUser, {}, 10, false), fails_with(ErrorCode::kCorrupt));
}

TEST_F(MongoViewSource, ACopyInAnotherDatabaseHasTheSameRowsAndCheckpoint) {
  const auto rows = rows_of_any_id(1'500);
  put(rows);
  mongo::Options copy = database_.options();
  copy.database += "_copy";
  ASSERT_THAT(mongo::copy_generation(database_.options(), 1, copy), is_ok());
  const auto copied = mongo::open_view_source(copy, 1, "copy");
  ASSERT_THAT(copied, is_ok());
  EXPECT_EQ(*(*copied)->position(), *source_->position());
  for (const auto& row : rows) {
    const auto there = (*copied)->fetch(row.key);
    ASSERT_TRUE(there.ok() && there->has_value());
    EXPECT_EQ((*there)->content, row.body);
    EXPECT_EQ((*there)->digest, row.digest);
  }
  EXPECT_THAT(mongo::copy_generation(database_.options(), 7, copy),
              fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(mongo::remove_generation(copy, 1), is_ok());
  EXPECT_THAT(*mongo::stored_generations(copy), IsEmpty());
}

TEST_F(MongoViewSource, ADocumentWithoutItsRowIsCorruptAndNamed) {
  put({a_row(user_key(1))});
  ASSERT_EQ(database_.update("users_g1", "{}", R"({"$set": {"row": 7}})"), 1);
  const std::vector<StreamKey> keys{user_key(1)};
  EXPECT_THAT(database_.reader()->get(keys), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(source_->page(Kind::kUser, {}, 10, false), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
