#include "core/adapters/sqlite/hash_index.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs::sqlite {
namespace {

std::set<std::int64_t> rows_of(const HashIndex& index, std::uint64_t hash) {
  std::set<std::int64_t> rows;
  index.find(hash, [&](std::int64_t row) {
    rows.insert(row);
    return false;
  });
  return rows;
}

TEST(HashIndex, EmptyIndexFindsNothing) { EXPECT_TRUE(rows_of(HashIndex(), 1).empty()); }

TEST(HashIndex, EveryRowOfManyIsFoundAgain) {
  HashIndex index;
  for (std::int64_t row = 1; row <= 50'000; ++row) {
    index.insert(mix64(static_cast<std::uint64_t>(row)), row);
  }
  for (std::int64_t row = 1; row <= 50'000; ++row) {
    EXPECT_EQ(rows_of(index, mix64(static_cast<std::uint64_t>(row))), std::set<std::int64_t>{row});
  }
  EXPECT_TRUE(rows_of(index, mix64(60'000)).empty());
}

TEST(HashIndex, EqualHashesAreAllKept) {
  HashIndex index;
  for (std::int64_t row = 1; row <= 5; ++row) index.insert(99, row);
  EXPECT_EQ(rows_of(index, 99).size(), 5U);
}

// Erasing leaves a mark behind, so that rows placed after it are still reached.
TEST(HashIndex, ErasingOneRowKeepsTheOthers) {
  HashIndex index;
  for (std::int64_t row = 1; row <= 5; ++row) index.insert(99, row);
  index.erase(99, 2);
  EXPECT_EQ(rows_of(index, 99), (std::set<std::int64_t>{1, 3, 4, 5}));
  index.erase(99, 77);
  EXPECT_EQ(rows_of(index, 99).size(), 4U);
}

TEST(HashIndex, EndlessInsertAndEraseDoesNotLoseWhatIsThere) {
  HashIndex index;
  index.insert(7, 1);
  for (std::int64_t round = 2; round < 20'000; ++round) {
    const auto hash = mix64(static_cast<std::uint64_t>(round));
    index.insert(hash, round);
    index.erase(hash, round);
  }
  EXPECT_EQ(rows_of(index, 7), std::set<std::int64_t>{1});
  EXPECT_LT(index.bytes(), 16U * 65'536U);
}

}  // namespace
}  // namespace cqrs::sqlite
