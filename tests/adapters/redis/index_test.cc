// The index of lists and searches: over more rows than one portion holds it tells what a scan of
// the rows tells, and damage done to it is named.
#include "core/adapters/memory/search.h"
#include "core/adapters/memory/stores.h"

#include "tests/adapters/redis/backends.h"
#include "tests/adapters/redis/rows.h"
#include "tests/adapters/redis/server.h"
#include "tests/support/outcomes.h"
#include "tests/support/parts.h"
#include "tests/support/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

const Generator kGenerator({42, 10'000, 10'000, 10'000});

ListQuery random_query(Random& random) {
  static const std::vector<std::string> kWords{"oak",          "o",       "lamp", "with a",
                                               "12",           "1 oak",   "ada",  "oak lamp",
                                               "touch of wal", "example", "z",    "l b"};
  ListQuery query;
  query.kind = kAllKinds[random.below(3)];
  query.descending = random.percent(50);
  query.limit = 1 + random.below(60);
  if (random.percent(30)) query.offset = random.below(2'500);
  if (query.kind == Kind::kOrder) {
    if (random.percent(50)) query.user = kGenerator.id(Kind::kUser, random.below(50));
    if (random.percent(50)) query.status = random.percent(80) ? "PENDING" : "SHIPPED";
    return query;
  }
  if (random.percent(60)) query.words = kWords[random.below(kWords.size())];
  if (random.percent(60)) query.active = random.percent(60);
  const std::vector<SortKey> sorts{SortKey::kCreatedAt, SortKey::kName,
                                   query.kind == Kind::kUser ? SortKey::kEmail : SortKey::kPrice,
                                   SortKey::kRelevance};
  const bool ranked = query.kind == Kind::kProduct && !query.words.empty();
  query.sort = sorts[random.below(ranked ? 4 : 3)];
  if (query.sort == SortKey::kRelevance) query.descending = false;
  return query;
}

std::string told(const ListQuery& query) {
  return std::string(kind_name(query.kind)) + " words=" + query.words +
         " active=" + (query.active ? (*query.active ? "1" : "0") : "?") +
         " sort=" + std::to_string(static_cast<int>(query.sort)) +
         (query.descending ? " down" : " up") + " offset=" + std::to_string(query.offset) +
         " limit=" + std::to_string(query.limit) + " status=" + query.status +
         (query.user ? " user" : "") + (query.after ? " after" : "");
}

// What a scan finds, without limit and offset.
Listed every_row(const memory::MemoryViews& views, ListQuery query) {
  query.limit = SIZE_MAX;
  query.offset = 0;
  auto listed = memory::find(views, query);
  EXPECT_THAT(listed, is_ok());
  return std::move(*listed);
}

Listed cut(const Listed& all, std::size_t from, std::size_t limit) {
  Listed some;
  for (std::size_t i = from; i < all.rows.size() && some.rows.size() < limit; ++i) {
    some.rows.push_back(all.rows[i]);
    some.places.push_back(all.places[i]);
  }
  return some;
}

TEST(RedisIndex, ListsAndSearchesOverThousandsOfRowsTellWhatAScanTells) {
  RedisReadSide side;
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  memory::MemoryViews views;
  Random random(7);
  for (std::uint64_t from = 0; from < 7'500; from += 2'500) {
    auto rows = workload_rows(kGenerator, from, 2'500);
    for (auto& row : rows) {
      if (row.key.kind == Kind::kProduct && random.percent(30)) {
        auto state = std::get<ProductState>(parse_view(row.key.kind, row.body)->state);
        state.active = false;
        render_view(row, state);
      }
      views.rows[row.key] = row;
    }
    ASSERT_THAT(store->commit(epoch, changes_of(rows, static_cast<Position>(from))), is_ok());
  }
  const auto reader = side.open_reader();
  for (int i = 0; i < 40; ++i) {
    ListQuery query = random_query(random);
    const Listed all = every_row(views, query);
    Listed expected = all;
    if (query.sort != SortKey::kRelevance && !all.places.empty() && random.percent(50)) {
      const std::size_t last = random.below(all.places.size());
      query.after = all.places[last];
      query.offset = 0;
      expected = cut(all, last + 1, query.limit);
    } else {
      expected = cut(all, query.offset, query.limit);
    }
    const auto found = reader->find(query);
    ASSERT_THAT(found, is_ok()) << told(query);
    EXPECT_EQ(found->places, expected.places) << told(query);
    EXPECT_EQ(found->rows, expected.rows) << told(query);
    EXPECT_EQ(*reader->count(query), static_cast<std::int64_t>(all.rows.size())) << told(query);
  }
}

class RedisIndexDamage : public testing::Test {
 protected:
  RedisIndexDamage() {
    EXPECT_THAT(store_->commit(store_->acquire()->epoch,
                               changes_of(workload_rows(kGenerator, 0, 300), 300)),
                is_ok());
  }
  static Uuid id(Kind kind, std::uint64_t index) { return kGenerator.id(kind, index); }
  static std::string raw(const Uuid& id) { return std::string(id.view()); }
  // A word with a digit, as it stands in the list of words.
  static std::string code(const std::string& word, const Uuid& id) {
    return word + std::string(1, '\0') + raw(id);
  }
  [[nodiscard]] std::string key(const std::string& name) const {
    return "{" + side_.options().prefix + ":g1}:" + name;
  }
  std::vector<Uuid> differences(Kind kind) {
    const auto found = side_.open_reader()->index_differences(kind, 10);
    EXPECT_THAT(found, is_ok());
    return *found;
  }

  RedisReadSide side_;
  std::unique_ptr<ProjectionStore> store_ = side_.open_store();
  PlainClient client_{parts().redis};
};

TEST_F(RedisIndexDamage, WholeIndexHasNoDifferences) {
  for (const Kind kind : kAllKinds) EXPECT_THAT(differences(kind), IsEmpty());
}

TEST_F(RedisIndexDamage, MissingEntriesAreNamed) {
  const Uuid product = id(Kind::kProduct, 3);
  for (const char* name : {"i2", "c2", "p2"}) {
    const auto score = client_({"ZSCORE", key(name), raw(product)});
    ASSERT_EQ(client_({"ZREM", key(name), raw(product)}), "1") << name;
    EXPECT_THAT(differences(Kind::kProduct), ElementsAre(product)) << name;
    client_({"ZADD", key(name), score, raw(product)});
  }
  ASSERT_EQ(client_({"SREM", key("w2d:with"), raw(product)}), "1");
  EXPECT_THAT(differences(Kind::kProduct), ElementsAre(product));
  client_({"SADD", key("w2d:with"), raw(product)});
  ASSERT_EQ(client_({"ZREM", key("d2n"), code("3", product)}), "1");
  EXPECT_THAT(differences(Kind::kProduct), ElementsAre(product));
}

TEST_F(RedisIndexDamage, EntriesLeftOverAreNamed) {
  const Uuid user = id(Kind::kUser, 5);
  client_({"SADD", key("w1:nobody"), raw(user)});
  EXPECT_THAT(differences(Kind::kUser), ElementsAre(user));
  client_({"DEL", key("w1:nobody")});
  client_({"ZADD", key("d1"), "0", code("b2b", user)});
  EXPECT_THAT(differences(Kind::kUser), ElementsAre(user));
  client_({"ZREM", key("d1"), code("b2b", user)});
  client_({"SADD", key("x1"), raw(user)});
  EXPECT_THAT(differences(Kind::kUser), ElementsAre(user));
  client_({"SREM", key("x1"), raw(user)});
  client_({"ZADD", key("n1"), "0", "zz" + std::string(1, '\0') + raw(user)});
  EXPECT_THAT(differences(Kind::kUser), ElementsAre(user));
}

TEST_F(RedisIndexDamage, OrdersOfAnotherUserOrStatusAreNamed) {
  const Uuid order = id(Kind::kOrder, 8);
  client_({"ZADD", key("s3:SHIPPED"), "1", raw(order)});
  EXPECT_THAT(differences(Kind::kOrder), ElementsAre(order));
  client_({"DEL", key("s3:SHIPPED")});
  client_({"ZADD", key("u3:" + to_string(id(Kind::kUser, 9'999))), "1", raw(order)});
  EXPECT_THAT(differences(Kind::kOrder), ElementsAre(order));
}

TEST_F(RedisIndexDamage, WrongPlaceInASortedListIsNamed) {
  const Uuid product = id(Kind::kProduct, 4);
  client_({"ZADD", key("p2"), "1", raw(product)});
  EXPECT_THAT(differences(Kind::kProduct), ElementsAre(product));
}

TEST_F(RedisIndexDamage, WordsThatAreNotListedAreNamed) {
  ASSERT_EQ(client_({"ZREM", key("d2d"), "touch"}), "1");
  EXPECT_THAT(differences(Kind::kProduct), testing::SizeIs(1));
  client_({"ZADD", key("d2d"), "0", "touch"});
  client_({"ZADD", key("d2n"), "0", "nothing"});
  EXPECT_THAT(differences(Kind::kProduct), ElementsAre(Uuid{}));
}

TEST_F(RedisIndexDamage, ALostRowLeavesItsEntriesBehind) {
  const Uuid user = id(Kind::kUser, 7);
  ASSERT_EQ(client_({"HDEL", key("r1:" + std::to_string(bucket_of(user))), raw(user)}), "1");
  EXPECT_THAT(differences(Kind::kUser), ElementsAre(user));
  EXPECT_THAT(side_.open_reader()->list(Kind::kUser, {}, 100), is_ok());
  EXPECT_EQ(side_.open_reader()->list(Kind::kUser, {}, 100)->size(), 99U);
}

TEST_F(RedisIndexDamage, TheNextVersionOfARowMendsWhatItMisses) {
  const Uuid product = id(Kind::kProduct, 3);
  client_({"SREM", key("w2d:with"), raw(product)});
  client_({"ZREM", key("d2n"), code("3", product)});
  client_({"ZREM", key("p2"), raw(product)});
  ViewRow row = workload_row(kGenerator, Kind::kProduct, 3);
  row.version = 2;
  ASSERT_THAT(store_->commit(store_->acquire()->epoch, changes_of({row}, 301)), is_ok());
  EXPECT_THAT(differences(Kind::kProduct), IsEmpty());
}

TEST_F(RedisIndexDamage, AWordWithoutRowsIsForgotten) {
  ViewRow row = workload_row(kGenerator, Kind::kProduct, 3);
  row.version = 2;
  const auto epoch = store_->acquire()->epoch;
  render_view(row, ProductState{"Zebra", "", Money{1}, true});
  ASSERT_THAT(store_->commit(epoch, changes_of({row}, 301)), is_ok());
  EXPECT_EQ(client_({"ZSCORE", key("d2n"), "zebra"}), "0");
  row.version = 3;
  render_view(row, ProductState{"Plain", "", Money{1}, true});
  ASSERT_THAT(store_->commit(epoch, changes_of({row}, 302)), is_ok());
  EXPECT_EQ(client_({"EXISTS", key("w2n:zebra")}), "0");
  EXPECT_EQ(client_({"ZSCORE", key("d2n"), "zebra"}), "");
  EXPECT_EQ(client_({"ZSCORE", key("d2n"), "plain"}), "0");
  EXPECT_THAT(differences(Kind::kProduct), IsEmpty());
}

}  // namespace
}  // namespace cqrs
