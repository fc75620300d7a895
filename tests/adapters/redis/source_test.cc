// Verify's view of the rows: sums worked out inside Redis, pages and buckets tell the same, and
// real damage shows. Then generations: listed and removed.
#include "tests/adapters/redis/backends.h"
#include "tests/adapters/redis/rows.h"
#include "tests/adapters/redis/server.h"
#include "tests/support/outcomes.h"
#include "tests/support/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

const Generator kGenerator({42, 10'000, 10'000, 10'000});

class RedisSource : public testing::Test {
 protected:
  void put(std::uint64_t rows) {
    const auto epoch = store_->acquire()->epoch;
    for (std::uint64_t from = 0; from < rows; from += 2'000) {
      auto page = workload_rows(kGenerator, from, std::min<std::uint64_t>(2'000, rows - from));
      ASSERT_THAT(store_->commit(epoch, changes_of(std::move(page), 1)), is_ok());
    }
  }
  // Every row, page by page.
  std::vector<EntityRow> all(Kind kind, std::size_t limit, bool with_content) {
    std::vector<EntityRow> rows;
    for (;;) {
      const auto page =
          source_->page(kind, rows.empty() ? Uuid{} : rows.back().id, limit, with_content);
      EXPECT_THAT(page, is_ok());
      rows.insert(rows.end(), page->begin(), page->end());
      if (page->size() < limit) return rows;
    }
  }
  [[nodiscard]] std::string key(const std::string& name) const {
    return "{" + side_.options().prefix + ":g1}:" + name;
  }

  RedisReadSide side_;
  std::unique_ptr<ProjectionStore> store_ = side_.open_store();
  std::unique_ptr<EntitySource> source_ = side_.open_source();
};

TEST_F(RedisSource, SumsOfTwentyThousandRowsAreThoseOfTheirPages) {
  put(20'000);
  std::int64_t total = 0;
  for (const Kind kind : kAllKinds) {
    BucketSums expected;
    std::vector<EntityRow> some;
    const std::vector<int> buckets{0, 1, 7, 2'000, 4'095};
    Uuid last;
    for (auto& row : all(kind, 1'500, true)) {
      EXPECT_LT(last, row.id);
      last = row.id;
      expected.add(bucket_of(row.id), row.digest);
      const auto index = kGenerator.index_of(kind, row.id);
      ASSERT_TRUE(index.has_value());
      EXPECT_EQ(row.content, workload_row(kGenerator, kind, *index).body);
      if (std::find(buckets.begin(), buckets.end(), bucket_of(row.id)) != buckets.end()) {
        some.push_back(row);
      }
    }
    const auto sums = source_->sums(kind);
    ASSERT_THAT(sums, is_ok());
    EXPECT_THAT(sums->differing(expected), IsEmpty());
    total += sums->entities();
    const auto rows = source_->rows_of(kind, buckets);
    ASSERT_THAT(rows, is_ok());
    ASSERT_EQ(rows->size(), some.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ((*rows)[i].id, some[i].id);
      EXPECT_EQ((*rows)[i].digest, some[i].digest);
      EXPECT_EQ((*rows)[i].position, some[i].position);
    }
  }
  EXPECT_EQ(total, 20'000);
}

TEST_F(RedisSource, TombstonesCountAndAreTold) {
  const auto epoch = store_->acquire()->epoch;
  ASSERT_THAT(
      store_->commit(epoch, changes_of({a_row(user_key(1)), a_deleted_row(user_key(2))}, 5)),
      is_ok());
  EXPECT_EQ(*source_->position(), 5);
  EXPECT_EQ(source_->sums(Kind::kUser)->entities(), 2);
  const auto rows = all(Kind::kUser, 10, false);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].deleted != rows[1].deleted);
  EXPECT_TRUE(source_->fetch(user_key(2))->value().deleted);
  EXPECT_FALSE(source_->fetch(user_key(3))->has_value());
}

TEST_F(RedisSource, ARowTakenOutOrChangedBehindOurBackShowsInTheSums) {
  put(300);
  const auto before = *source_->sums(Kind::kProduct);
  PlainClient client(parts().redis);
  const Uuid id = kGenerator.id(Kind::kProduct, 4);
  const std::string bucket = key("r2:" + std::to_string(bucket_of(id)));
  const std::string raw(id.view());
  std::string row = client({"HGET", bucket, raw});
  row[12] = static_cast<char>(row[12] ^ 1);
  client({"HSET", bucket, raw, row});
  EXPECT_THAT(source_->sums(Kind::kProduct)->differing(before), ElementsAre(bucket_of(id)));
  client({"HDEL", bucket, raw});
  EXPECT_THAT(source_->sums(Kind::kProduct)->differing(before), ElementsAre(bucket_of(id)));
  EXPECT_EQ(all(Kind::kProduct, 10, false).size(), 99U);
  client({"HSET", bucket, raw, "x"});
  EXPECT_THAT(source_->sums(Kind::kProduct), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(source_->fetch({Kind::kProduct, id}), fails_with(ErrorCode::kCorrupt));
}

TEST_F(RedisSource, TheIndexIsAnEdgeOfItsOwn) {
  put(300);
  auto checks = source_->extra_checks();
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[1].name, "products view = its index");
  Findings findings;
  EXPECT_EQ(*checks[1].run(findings), 100);
  EXPECT_THAT(findings.first, IsEmpty());
  const Uuid id = kGenerator.id(Kind::kProduct, 4);
  PlainClient(parts().redis)({"ZREM", key("c2"), std::string(id.view())});
  EXPECT_EQ(*checks[1].run(findings), 100);
  ASSERT_EQ(findings.first.size(), 1U);
  EXPECT_EQ(findings.first[0].entity.id, id);
}

TEST_F(RedisSource, ReadersOfAGenerationThatWasNeverWrittenFindNothing) {
  EXPECT_EQ(*redis::open_view_source(side_.options(), 7, "x").value()->position(), 0);
  EXPECT_EQ(redis::open_read_store(side_.options(), 7).value()->counts()->total(), 0);
}

TEST_F(RedisSource, RemovingAGenerationLeavesTheOthers) {
  put(3'000);
  {
    const auto second = redis::open_projection_store(side_.options(), 2);
    ASSERT_THAT(second, is_ok());
    ASSERT_THAT((*second)->commit((*second)->acquire()->epoch,
                                  changes_of(workload_rows(kGenerator, 0, 30), 30)),
                is_ok());
  }
  EXPECT_THAT(*redis::stored_generations(side_.options()), ElementsAre(1, 2));
  ASSERT_THAT(redis::remove_generation(side_.options(), 1), is_ok());
  EXPECT_THAT(*redis::stored_generations(side_.options()), ElementsAre(2));
  EXPECT_EQ(source_->sums(Kind::kUser)->entities(), 0);
  PlainClient client(parts().redis);
  EXPECT_THAT(client.list({"KEYS", key("*")}), IsEmpty());
  EXPECT_EQ(redis::open_read_store(side_.options(), 2).value()->counts()->total(), 30);
  ASSERT_THAT(redis::remove_generation(side_.options(), 2), is_ok());
  EXPECT_THAT(client.list({"KEYS", "{" + side_.options().prefix + "*"}), IsEmpty());
}

TEST_F(RedisSource, ACopyUnderAnotherPrefixHasTheSameRowsAndCheckpoint) {
  put(2'000);
  redis::Options copy = side_.options();
  copy.prefix += "_copy";
  ASSERT_THAT(redis::copy_generation(side_.options(), 1, copy), is_ok());
  const auto copied = redis::open_view_source(copy, 1, "copy");
  ASSERT_THAT(copied, is_ok());
  EXPECT_EQ(*(*copied)->position(), *source_->position());
  for (const Kind kind : kAllKinds) {
    const auto rows = (*copied)->page(kind, Uuid(), 5'000, true);
    ASSERT_THAT(rows, is_ok());
    const auto originals = all(kind, 5'000, true);
    ASSERT_EQ(rows->size(), originals.size());
    for (std::size_t i = 0; i < originals.size(); ++i) {
      EXPECT_EQ((*rows)[i].id, originals[i].id);
      EXPECT_EQ((*rows)[i].content, originals[i].content);
    }
  }
  EXPECT_THAT(redis::copy_generation(side_.options(), 7, copy), fails_with(ErrorCode::kNotFound));
  for (const int generation : {1, 7}) {
    EXPECT_THAT(redis::remove_generation(copy, generation), is_ok());
  }
  EXPECT_THAT(PlainClient(parts().redis).list({"KEYS", "*" + copy.prefix + "*"}), IsEmpty());
}

}  // namespace
}  // namespace cqrs
