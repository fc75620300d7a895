// What every cache promises: a row that it gives is what the views hold at that moment, whatever
// happened between reading it from them and putting it here.
#include "core/read/cache.h"

#include "tests/contract/view_rows.h"
#include "tests/support/backends.h"

#include <gmock/gmock.h>

namespace cqrs::support {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

class CacheContract : public testing::TestWithParam<Backend<CacheSide>> {
 protected:
  CacheContract() { begin(kFirst); }

  void begin(const Uuid& incarnation, const std::vector<CacheFloor>& floors = {}) {
    const auto begun = guard_->begin(incarnation, floors, Steady::now() + milliseconds(10'000));
    ASSERT_TRUE(begun.ok()) << begun.error().message;
  }
  bool announce(const std::vector<CacheFloor>& floors, const Uuid& incarnation = kFirst,
                milliseconds life = milliseconds(10'000)) {
    const auto said = guard_->announce(incarnation, floors, Steady::now() + life);
    EXPECT_TRUE(said.ok()) << said.error().message;
    return said.ok() && *said;
  }
  std::size_t put(const ViewRow& row, Position read_at, const Uuid& incarnation = kFirst) {
    const auto kept = reader_->put(incarnation, read_at, std::span(&row, 1));
    EXPECT_TRUE(kept.ok()) << kept.error().message;
    return kept.ok() ? *kept : 99;
  }
  std::optional<ViewRow> get(const StreamKey& key) {
    auto look = reader_->get(std::span(&key, 1));
    EXPECT_TRUE(look.ok()) << look.error().message;
    return look.ok() ? look->rows.at(0) : std::nullopt;
  }
  Uuid incarnation() {
    const StreamKey any = user_key(99);
    auto look = reader_->get(std::span(&any, 1));
    EXPECT_TRUE(look.ok());
    return look.ok() ? look->incarnation : Uuid();
  }

  static inline const Uuid kFirst = make_uuid_v7(1, 2, 3);
  static inline const Uuid kSecond = make_uuid_v7(4, 5, 6);
  std::unique_ptr<CacheSide> side_ = GetParam().make();
  std::unique_ptr<CacheGuard> guard_ = side_->open_guard();
  std::unique_ptr<RowCache> reader_ = side_->open_cache();
};

TEST_P(CacheContract, GivesBackWhatWasPutInOrderOfTheKeys) {
  const ViewRow user = a_row(user_key(1), 3);
  const ViewRow gone = a_deleted_row(product_key(2));
  const ViewRow order = a_row(order_key(3), 2);
  const std::vector<ViewRow> rows{user, gone, order};
  const auto kept = reader_->put(kFirst, 50, rows);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(*kept, 3U);
  const std::vector<StreamKey> keys{order_key(3), user_key(8), product_key(2), user_key(1)};
  const auto look = reader_->get(keys);
  ASSERT_TRUE(look.ok());
  EXPECT_EQ(look->incarnation, kFirst);
  EXPECT_THAT(look->rows, testing::ElementsAre(order, std::nullopt, gone, user));
}

TEST_P(CacheContract, WhatWasAnnouncedTakesAwayWhatWasReadBefore) {
  EXPECT_EQ(put(a_row(user_key(1)), 50), 1U);
  ASSERT_TRUE(announce({{user_key(1), 60}}));
  EXPECT_EQ(get(user_key(1)), std::nullopt);
}

TEST_P(CacheContract, AnnouncingLeavesOthersAlone) {
  EXPECT_EQ(put(a_row(user_key(2)), 50), 1U);
  ASSERT_TRUE(announce({{user_key(1), 60}, {product_key(2), 60}}));
  EXPECT_EQ(get(user_key(2)), a_row(user_key(2)));
}

TEST_P(CacheContract, ALateFillOfAnOldVersionIsRefused) {
  ASSERT_TRUE(announce({{user_key(1), 60}}));
  EXPECT_EQ(put(a_row(user_key(1), 1), 59), 0U);
  EXPECT_EQ(get(user_key(1)), std::nullopt);
  EXPECT_EQ(put(a_row(user_key(1), 2), 60), 1U);
  EXPECT_EQ(get(user_key(1)), a_row(user_key(1), 2));
}

TEST_P(CacheContract, ALateFillNeverReplacesANewerVersion) {
  EXPECT_EQ(put(a_row(user_key(1), 2), 60), 1U);
  EXPECT_EQ(put(a_row(user_key(1), 1), 60), 0U);
  EXPECT_EQ(get(user_key(1)), a_row(user_key(1), 2));
}

TEST_P(CacheContract, ALateFillNeverBringsBackWhatWasDeleted) {
  EXPECT_EQ(put(a_deleted_row(user_key(1)), 60), 1U);
  EXPECT_EQ(put(a_row(user_key(1), 1), 60), 0U);
  ASSERT_TRUE(announce({{user_key(1), 20}}));
  const auto row = get(user_key(1));
  ASSERT_TRUE(row.has_value());
  EXPECT_TRUE(row->deleted);
}

TEST_P(CacheContract, FloorsOnlyRise) {
  ASSERT_TRUE(announce({{user_key(1), 60}}));
  ASSERT_TRUE(announce({{user_key(1), 40}}));
  EXPECT_EQ(put(a_row(user_key(1)), 50), 0U);
}

TEST_P(CacheContract, ANewGuardTrustsNothingOfTheOneBefore) {
  EXPECT_EQ(put(a_row(user_key(1)), 50), 1U);
  begin(kSecond);
  EXPECT_EQ(get(user_key(1)), std::nullopt);
  EXPECT_EQ(put(a_row(user_key(1)), 50, kFirst), 0U) << "read before the guard began";
  EXPECT_EQ(put(a_row(user_key(1)), 50, kSecond), 1U);
  EXPECT_EQ(get(user_key(1)), a_row(user_key(1)));
}

TEST_P(CacheContract, ANewGuardBeginsWithFloors) {
  begin(kSecond, {{user_key(1), 60}});
  EXPECT_EQ(put(a_row(user_key(1)), 50, kSecond), 0U);
  EXPECT_EQ(put(a_row(user_key(2)), 50, kSecond), 1U);
}

TEST_P(CacheContract, TheFormerOwnerOfTheGuardChangesNothing) {
  begin(kSecond);
  EXPECT_FALSE(announce({{user_key(1), 60}}, kFirst));
  EXPECT_EQ(put(a_row(user_key(1)), 50, kSecond), 1U);
}

TEST_P(CacheContract, WithoutAGuardNothingIsTrustedOrKept) {
  EXPECT_EQ(put(a_row(user_key(1)), 50), 1U);
  ASSERT_TRUE(announce({}, kFirst, milliseconds(40)));
  side_->pass(milliseconds(80));
  EXPECT_EQ(get(user_key(1)), std::nullopt);
  EXPECT_TRUE(incarnation().is_nil());
  EXPECT_EQ(put(a_row(user_key(2)), 50), 0U);
  EXPECT_FALSE(announce({})) << "an ended guard comes back";
}

TEST_P(CacheContract, AWordThatComesTooLateGivesTheGuardNoMoreTime) {
  (void)guard_->announce(kFirst, {}, Steady::now() - milliseconds(50));
  EXPECT_TRUE(incarnation().is_nil());
}

TEST_P(CacheContract, AnEmptiedCacheRefusesFillsOfBefore) {
  EXPECT_EQ(put(a_row(user_key(1)), 50), 1U);
  side_->empty();
  EXPECT_EQ(get(user_key(1)), std::nullopt);
  EXPECT_EQ(put(a_row(user_key(1)), 50), 0U);
  EXPECT_FALSE(announce({}));
}

TEST_P(CacheContract, AuditSeesEveryEntryAndWhetherItIsTrusted) {
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(put(a_row(user_key(i)), 50), 1U);
  ASSERT_TRUE(announce({{user_key(7), 60}}));
  const auto audit = side_->open_audit();
  std::map<StreamKey, bool> seen;
  std::string from;
  do {
    auto page = audit->page(from, 10);
    ASSERT_TRUE(page.ok()) << page.error().message;
    for (const auto& entry : page->entries) seen[entry.row.key] = entry.trusted;
    from = page->next;
  } while (!from.empty());
  EXPECT_EQ(seen.size(), 50U);
  EXPECT_FALSE(seen.at(user_key(7)));
  EXPECT_TRUE(seen.at(user_key(8)));
  EXPECT_EQ(*audit->trusted(user_key(7)), std::nullopt);
  EXPECT_EQ(*audit->trusted(user_key(8)), a_row(user_key(8)));
}

INSTANTIATE_TEST_SUITE_P(Caches, CacheContract, testing::ValuesIn(cache_backends()),
                         backend_name<CacheSide>);

}  // namespace
}  // namespace cqrs::support
