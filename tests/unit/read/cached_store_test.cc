// The cache between a store that announces and a store that reads: both decorators over one set of
// views and one cache in memory, with a clock that stands still.
#include "core/read/cached_store.h"

#include "core/adapters/memory/cache.h"
#include "core/adapters/memory/stores.h"
#include "core/project/announcing_store.h"

#include "tests/contract/view_rows.h"

#include <gmock/gmock.h>

namespace cqrs {
namespace {

using std::chrono::milliseconds;
using support::a_deleted_row;
using support::a_row;
using support::changes_of;
using support::order_key;
using support::user_key;

class Caching : public testing::Test {
 protected:
  Caching() {
    cache_.now = [this] { return now_; };
    open_writer();
    open_reader();
  }

  void open_writer() {
    AnnouncerParts parts;
    parts.store = memory::open_projection_store(views_, [this](std::string_view call) {
      return call == "commit" ? std::exchange(next_commit_, memory::Fault::kNone)
                              : memory::Fault::kNone;
    });
    parts.open_guard = [this]() -> Result<std::unique_ptr<CacheGuard>> {
      return memory::open_cache_guard(cache_);
    };
    parts.new_incarnation = [this] { return make_uuid_v7(1, 1, ++incarnations_); };
    parts.now = [this] { return now_; };
    parts.owned_until = [this] { return owned_until_; };
    writer_ = announcing_store(std::move(parts));
    epoch_ = writer_->acquire()->epoch;
  }

  void open_reader() {
    auto store = memory::open_read_store(views_, [this](std::string_view call) {
      if (call == "get") {
        ++reads_;
        if (while_reading_) std::exchange(while_reading_, {})();
      }
      return memory::Fault::kNone;
    });
    reader_ = cached_store(
        std::move(store),
        [this]() -> Result<std::unique_ptr<RowCache>> {
          ++opened_;
          return memory::open_cache(cache_);
        },
        health_, [this] { return now_; });
  }

  Status commit(const ViewRow& row, Position applied) {
    return writer_->commit(epoch_, changes_of({row}, applied));
  }
  std::int64_t version(const StreamKey& key) {
    const auto rows = reader_->get(std::span(&key, 1));
    EXPECT_TRUE(rows.ok());
    return rows.ok() && rows->at(0) ? rows->at(0)->version : 0;
  }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::chrono::steady_clock::time_point owned_until_ = now_ + std::chrono::hours(1);
  memory::MemoryViews views_;
  memory::MemoryCache cache_;
  CacheHealth health_;
  memory::Fault next_commit_ = memory::Fault::kNone;
  std::function<void()> while_reading_;
  std::uint64_t incarnations_ = 0;
  int reads_ = 0;
  int opened_ = 0;
  std::int64_t epoch_ = 0;
  std::unique_ptr<AnnouncingStore> writer_;
  std::unique_ptr<ReadStore> reader_;
};

TEST_F(Caching, TheSecondReadIsAHit) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(reads_, 1);
  EXPECT_EQ(health_.hits, 1);
  EXPECT_EQ(health_.misses, 1);
}

TEST_F(Caching, OnlyWhatIsMissingIsReadAndAllComesInOrder) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  ASSERT_TRUE(commit(a_row(order_key(2), 1), 11));
  EXPECT_EQ(version(user_key(1)), 1);
  const std::vector<StreamKey> keys{user_key(9), order_key(2), user_key(1)};
  const auto rows = reader_->get(keys);
  ASSERT_TRUE(rows.ok());
  EXPECT_THAT(*rows, testing::ElementsAre(std::nullopt, a_row(order_key(2)), a_row(user_key(1))));
  EXPECT_EQ(health_.hits, 1);
}

TEST_F(Caching, AnUpdateIsSeenAtOnce) {
  for (int i = 1; i < 20; ++i) {
    ASSERT_TRUE(commit(a_row(user_key(1), i), i * 10));
    EXPECT_EQ(version(user_key(1)), i);
    EXPECT_EQ(version(user_key(1)), i);
  }
  EXPECT_EQ(health_.hits, 19);
}

TEST_F(Caching, ADeletedEntityStaysDeleted) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  ASSERT_TRUE(commit(a_deleted_row(user_key(1)), 20));
  for (int i = 0; i < 2; ++i) {
    const StreamKey key = user_key(1);
    const auto rows = reader_->get(std::span(&key, 1));
    ASSERT_TRUE(rows.ok() && rows->at(0));
    EXPECT_TRUE(rows->at(0)->deleted);
  }
}

// The reader has seen how far the views are and is held up; what it puts is current or refused.
TEST_F(Caching, WhatIsCommittedWhileAMissIsReadIsNeverHiddenByItsFill) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  while_reading_ = [this] { ASSERT_TRUE(commit(a_row(user_key(1), 2), 20)); };
  (void)version(user_key(1));
  EXPECT_EQ(health_.refused, 1);
  EXPECT_EQ(version(user_key(1)), 2);
}

TEST_F(Caching, AFillFromBeforeAFlushIsRefused) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  while_reading_ = [this] {
    ASSERT_TRUE(commit(a_row(user_key(1), 2), 20));
    cache_.flush();
    writer_->tick();
    writer_->tick();
  };
  (void)version(user_key(1));
  EXPECT_EQ(health_.refused, 1);
  EXPECT_EQ(version(user_key(1)), 2);
}

TEST_F(Caching, ACommitOfUnknownOutcomeIsAnnouncedToTheNextGuardToo) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  next_commit_ = memory::Fault::kNotDone;  // it may still arrive
  EXPECT_FALSE(commit(a_row(user_key(1), 2), 20).ok());
  cache_.flush();
  writer_->tick();
  writer_->tick();
  ASSERT_FALSE(cache_.incarnation.is_nil());
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(health_.refused, 1) << "what is on its way must not be hidden by the old row";
}

TEST_F(Caching, ACacheThatIsAwayHoldsCommitsUpOnlyUntilNobodyTrustsIt) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  cache_.away = true;
  const Status refused = commit(a_row(user_key(1), 2), 20);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(views_.rows.at(user_key(1)).version, 1) << "committed while the cache is trusted";
  now_ += kCacheTrust + milliseconds(200);
  ASSERT_TRUE(commit(a_row(user_key(1), 2), 20));
  ASSERT_TRUE(commit(a_row(user_key(1), 3), 30));
  cache_.away = false;
  now_ += milliseconds(5'000);
  EXPECT_EQ(version(user_key(1)), 3) << "the old entry is still in the cache";
  writer_->tick();
  EXPECT_EQ(version(user_key(1)), 3);
  EXPECT_EQ(version(user_key(1)), 3);
  EXPECT_GE(health_.hits, 1) << "the cache is not used again";
}

TEST_F(Caching, TheGuardLivesOnWhileThereIsNothingToCommit) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  for (int i = 0; i < 20; ++i) {
    now_ += kCacheTick;
    writer_->tick();
  }
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(reads_, 1);
}

TEST_F(Caching, WithoutAWriterNothingIsTrusted) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  now_ += kCacheTrust + milliseconds(1);
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(reads_, 2);
}

TEST_F(Caching, ANewOwnerTrustsNothingOfTheOneBefore) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  auto former = std::move(writer_);
  const std::int64_t old_epoch = epoch_;
  open_writer();
  ASSERT_TRUE(commit(a_row(user_key(1), 2), 20));
  EXPECT_FALSE(former->commit(old_epoch, changes_of({a_row(user_key(1), 2)}, 20)).ok());
  former->tick();
  EXPECT_EQ(version(user_key(1)), 2);
}

TEST_F(Caching, AnOwnerWhoseLeaseRunsOutLeavesTheGuardToTheNextAndCommitsNothing) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  owned_until_ = now_ + milliseconds(300);
  now_ += kCacheTick;
  writer_->tick();
  EXPECT_EQ(version(user_key(1)), 1);
  ASSERT_FALSE(cache_.incarnation.is_nil());
  now_ = owned_until_;
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(reads_, 2) << "the guard outlives the lease";
  const Uuid former = cache_.incarnation;
  writer_->tick();
  EXPECT_FALSE(commit(a_row(user_key(1), 2), 20).ok());
  EXPECT_EQ(cache_.incarnation, former) << "begun or renewed without the lease";
  owned_until_ = now_ + milliseconds(5'000);
  ASSERT_TRUE(commit(a_row(user_key(1), 2), 20));
  EXPECT_EQ(version(user_key(1)), 2);
}

// A row that a former owner wrote late is not among the changes of the page that has its event.
TEST_F(Caching, WhatAPageOnlyLoadsIsAnnouncedToo) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  views_.rows[user_key(1)] = a_row(user_key(1), 2);
  const StreamKey key = user_key(1);
  ASSERT_TRUE(writer_->load(std::span(&key, 1)).ok());
  ASSERT_TRUE(writer_->commit(epoch_, changes_of({}, 20)));
  EXPECT_EQ(version(user_key(1)), 2);
}

TEST_F(Caching, ABrokenCacheIsLeftAloneForASecond) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  cache_.away = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(opened_, 1) << "tried again at once";
  EXPECT_EQ(health_.bypassed, 5);
  now_ += kCacheRest;
  EXPECT_EQ(version(user_key(1)), 1);
  EXPECT_EQ(opened_, 2);
}

TEST_F(Caching, AListIsNeverTakenFromTheCache) {
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
  views_.rows[user_key(1)] = a_row(user_key(1), 2);
  const auto rows = reader_->list(Kind::kUser, {}, 10);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->at(0).version, 2);
}

TEST_F(Caching, WhatIsNotThereIsNotCached) {
  EXPECT_EQ(version(user_key(1)), 0);
  ASSERT_TRUE(commit(a_row(user_key(1), 1), 10));
  EXPECT_EQ(version(user_key(1)), 1);
}

}  // namespace
}  // namespace cqrs
