// The edge cache within view: what readers would get is what the view holds, and nothing else is.
#include "core/verify/cache_edge.h"

#include "core/adapters/memory/cache.h"

#include "tests/contract/view_rows.h"
#include "tests/unit/verify/memory_sources.h"

#include <gmock/gmock.h>

namespace cqrs {
namespace {

using support::a_deleted_row;
using support::a_row;
using support::user_key;

class CacheEdgeTest : public testing::Test {
 protected:
  CacheEdgeTest() {
    cache_.now = [] { return std::chrono::steady_clock::now(); };
    cache_.until = cache_.now() + std::chrono::hours(1);
    cache_.incarnation = kGuard;
    for (std::uint64_t i = 1; i <= 5; ++i) {
      views_.rows[user_key(i)] = a_row(user_key(i), 2);
      plant(a_row(user_key(i), 2));
    }
  }
  void plant(const ViewRow& row, const Uuid& incarnation = kGuard) {
    cache_.entries[row.key] = {row, incarnation, 100};
  }
  CacheCheck check() {
    auto done = check_cache({*audit_, source_}, findings_);
    EXPECT_TRUE(done.ok());
    return done.ok() ? *done : CacheCheck();
  }
  std::int64_t count(Difference kind) const { return findings_.count(kind); }

  static inline const Uuid kGuard = make_uuid_v7(1, 2, 3);
  memory::MemoryViews views_;
  memory::MemoryCache cache_;
  support::BeforeRead before_ = [](const std::string& /*read*/) {};
  support::MemoryViewSource source_{views_, before_};
  std::unique_ptr<CacheAudit> audit_ = memory::open_cache_audit(cache_);
  Findings findings_;
};

TEST_F(CacheEdgeTest, EqualEntriesAreComparedAndFine) {
  EXPECT_EQ(check().compared, 5);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(CacheEdgeTest, AnOlderEntryIsStale) {
  plant(a_row(user_key(3), 1));
  check();
  EXPECT_EQ(findings_.total(), 1);
  EXPECT_EQ(count(Difference::kStale), 1);
  EXPECT_EQ(findings_.first.at(0).entity, user_key(3));
  EXPECT_EQ(findings_.first.at(0).expected_version, 2);
  EXPECT_EQ(findings_.first.at(0).actual_version, 1);
}

TEST_F(CacheEdgeTest, AnEntryWithoutARowIsAPhantom) {
  plant(a_row(user_key(9), 1));
  check();
  EXPECT_EQ(count(Difference::kPhantom), 1);
  EXPECT_EQ(findings_.total(), 1);
}

TEST_F(CacheEdgeTest, AnEntryThatBringsBackADeletedEntityIsStale) {
  views_.rows[user_key(2)] = a_deleted_row(user_key(2));
  plant(a_row(user_key(2), 1));
  check();
  EXPECT_EQ(count(Difference::kStale), 1);
}

TEST_F(CacheEdgeTest, OtherContentUnderTheSameVersionNamesTheField) {
  ViewRow spoilt = a_row(user_key(4), 2);
  UserState other = support::a_full_user(1);
  other.personal.name = "Somebody Else";
  render_view(spoilt, other);
  plant(spoilt);
  check();
  ASSERT_EQ(count(Difference::kField), 1);
  EXPECT_EQ(findings_.first.at(0).field, "personal.name");
}

TEST_F(CacheEdgeTest, WhatNoReaderTrustsIsCountedAndNotJudged) {
  plant(a_row(user_key(3), 1), make_uuid_v7(9, 9, 9));
  plant(a_row(user_key(4), 1));
  cache_.floors[user_key(4)] = 101;
  const CacheCheck done = check();
  EXPECT_EQ(done.compared, 3);
  EXPECT_EQ(done.untrusted, 2);
  EXPECT_EQ(findings_.total(), 0);
}

// The page was read before the write; the second look finds the cache as readers do.
TEST_F(CacheEdgeTest, AWriteDuringTheScanIsNoDifference) {
  bool written = false;
  before_ = [&](const std::string& read) {
    if (read != "views.fetch" || written) return;
    written = true;
    views_.rows[user_key(1)] = a_row(user_key(1), 3);
    cache_.floors[user_key(1)] = 101;
  };
  check();
  EXPECT_TRUE(written);
  EXPECT_EQ(findings_.total(), 0);
}

}  // namespace
}  // namespace cqrs
