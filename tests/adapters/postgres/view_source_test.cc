// What verify reads of the views on PostgreSQL, and what it must find there.
#include "core/base/hash.h"

#include "tests/adapters/postgres/view_database.h"
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

class PostgresViewSource : public testing::Test {
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

  PostgresViews views_;
  std::unique_ptr<ProjectionStore> store_ = views_.store();
  std::unique_ptr<EntitySource> source_ = views_.source();
};

TEST_F(PostgresViewSource, IdsStandInTheOrderOfTheirBytes) {
  auto rows = rows_of_any_id(300);
  put(rows);
  std::sort(rows.begin(), rows.end(),
            [](const ViewRow& a, const ViewRow& b) { return a.key < b.key; });
  const auto pages = all_pages(70);
  ASSERT_EQ(pages.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(pages[i].id, rows[i].key.id);
}

TEST_F(PostgresViewSource, SumsAreThoseOfThePagesOverFiveThousandRows) {
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

TEST_F(PostgresViewSource, RowsOfBucketsAreInOrderOfIdAndNoOthers) {
  put(rows_of_any_id(2'000));
  std::vector<int> buckets;
  std::vector<Uuid> expected;
  for (const auto& row : all_pages(2'001)) {
    if (bucket_of(row.id) % 16 == 3) expected.push_back(row.id);
  }
  for (int bucket = 3; bucket < kBuckets; bucket += 16) buckets.push_back(bucket);
  const auto rows = source_->rows_of(Kind::kProduct, buckets);
  ASSERT_THAT(rows, is_ok());
  std::vector<Uuid> found;
  for (const auto& row : *rows) found.push_back(row.id);
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(source_->rows_of(Kind::kProduct, {})->empty());
}

TEST_F(PostgresViewSource, OneEntityIsFetchedWithItsBody) {
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

TEST_F(PostgresViewSource, AnIndexThatTellsSomethingElseIsNamed) {
  put({a_row(product_key(1)), a_row(product_key(2)), a_row(product_key(3)), a_row(user_key(1)),
       a_row(order_key(1)), a_deleted_row(product_key(4))});
  const auto reader = views_.reader();
  const auto differing = [&](Kind kind) { return *reader->index_differences(kind, 10); };
  for (const Kind kind : kAllKinds) EXPECT_THAT(differing(kind), IsEmpty());
  views_.execute("UPDATE users SET email = 'someone@else.example'");
  EXPECT_THAT(differing(Kind::kUser), ElementsAre(user_key(1).id));
  views_.execute("UPDATE orders SET status = 'LOST'");
  EXPECT_THAT(differing(Kind::kOrder), ElementsAre(order_key(1).id));
  views_.execute("UPDATE products SET words = words || '''zzz'':1'::tsvector WHERE NOT deleted");
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

TEST_F(PostgresViewSource, AWrongBucketAndAHiddenRowAreNamedToo) {
  put({a_row(product_key(1)), a_row(product_key(2))});
  const auto reader = views_.reader();
  views_.execute("UPDATE products SET bucket = (bucket + 1) % 4096 WHERE id = '" +
                 to_string(product_key(1).id) + "'");
  EXPECT_THAT(*reader->index_differences(Kind::kProduct, 10), ElementsAre(product_key(1).id));
  views_.execute("UPDATE products SET deleted = true WHERE id = '" + to_string(product_key(2).id) +
                 "'");
  EXPECT_THAT(*reader->index_differences(Kind::kProduct, 10),
              ElementsAre(product_key(1).id, product_key(2).id));
}

// The server orders and writes words as the audit expects them, whatever they are.
TEST_F(PostgresViewSource, TheIndexOfManyScriptsAgreesWithItsRows) {
  ProductState state{"ab a abc Zebra Ständer ЛАМПА 木製ランプ a1 1a", "", Money{1}, true};
  state.description = std::string(900, 'x') + " ꙮꙮ \U00020000 żółw a 'quoted' back\\slash";
  ViewRow row = a_row(product_key(1));
  render_view(row, state);
  put({row});
  EXPECT_THAT(*views_.reader()->index_differences(Kind::kProduct, 10), IsEmpty());
  ListQuery query;
  for (const std::string& words :
       {std::string("лампа"), std::string("ꙮ"), std::string(900, 'x'), std::string("slash quot")}) {
    query.words = words;
    EXPECT_EQ(*views_.reader()->count(query), 1) << words;
  }
  query.words = std::string(400, 'x') + " a";
  EXPECT_EQ(*views_.reader()->count(query), 0);
}

}  // namespace
}  // namespace cqrs
