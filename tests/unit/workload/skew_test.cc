// Choices by skew, with fixed seeds: counts are compared with the distribution's own arithmetic.
#include "core/workload/skew.h"

#include "core/base/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace cqrs {
namespace {

constexpr std::uint64_t kDraws = 200'000;

std::vector<std::uint64_t> counts_of(const EntityChooser& chooser, std::uint64_t seed) {
  std::vector<std::uint64_t> counts(chooser.count());
  std::uint64_t state = seed;
  for (std::uint64_t i = 0; i < kDraws; ++i) ++counts.at(chooser.choose(split_mix(state)));
  return counts;
}

double expected_share(const Skew& skew, std::uint64_t count, std::uint64_t rank) {
  double sum = 0;
  for (std::uint64_t k = 1; k <= count; ++k) {
    sum += std::pow(static_cast<double>(k), -skew.exponent);
  }
  return std::pow(static_cast<double>(rank + 1), -skew.exponent) / sum;
}

TEST(Skew, UniformChoosesEveryEntityEquallyOften) {
  const EntityChooser chooser(Skew{}, 100);
  for (const auto count : counts_of(chooser, 7)) {
    // 2,000 expected, five standard deviations.
    EXPECT_NEAR(static_cast<double>(count), 2'000, 5 * std::sqrt(2'000.0));
  }
}

TEST(Skew, ZipfianGivesEveryRankItsShare) {
  for (const double exponent : {0.5, 0.99, 1.0, 1.5}) {
    Skew skew;
    skew.shape = Skew::Shape::kZipfian;
    skew.exponent = exponent;
    const EntityChooser chooser(skew, 1'000);
    const auto counts = counts_of(chooser, 11);
    for (const std::uint64_t rank : {0, 1, 2, 3, 9, 99}) {
      const double wanted = expected_share(skew, 1'000, rank) * kDraws;
      EXPECT_NEAR(static_cast<double>(counts.at(chooser.of_rank(rank))), wanted,
                  5 * std::sqrt(wanted) + 1)
          << "exponent " << exponent << ", rank " << rank;
    }
  }
}

TEST(Skew, ZipfianWorksForAFewAndForMany) {
  Skew skew;
  skew.shape = Skew::Shape::kZipfian;
  for (const std::uint64_t count : {1ULL, 2ULL, 3ULL, 10'000'000ULL}) {
    const EntityChooser chooser(skew, count);
    std::uint64_t state = count;
    for (int i = 0; i < 10'000; ++i) EXPECT_LT(chooser.choose(split_mix(state)), count);
  }
}

TEST(Skew, HotKeysGetTheirShareAndTheRestGetsTheOther) {
  Skew skew;
  skew.shape = Skew::Shape::kHotKeys;
  skew.hot_keys = 10;
  skew.hot_share = 0.9;
  const EntityChooser chooser(skew, 1'000);
  const auto counts = counts_of(chooser, 13);
  for (std::uint64_t rank = 0; rank < 1'000; ++rank) {
    const double wanted = kDraws * (rank < 10 ? 0.9 / 10 : 0.1 / 990);
    EXPECT_NEAR(static_cast<double>(counts.at(chooser.of_rank(rank))), wanted,
                6 * std::sqrt(wanted))
        << rank;
  }
}

TEST(Skew, MoreHotKeysThanEntitiesAreAllOfThem) {
  Skew skew;
  skew.shape = Skew::Shape::kHotKeys;
  skew.hot_keys = 50;
  const EntityChooser chooser(skew, 20);
  const auto counts = counts_of(chooser, 17);
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), kDraws / 20 - 600);
}

// Hot ones must not be neighbours: they would share pages and partitions.
TEST(Skew, RanksAreAPermutationThatSpreadsTheHotOnes) {
  for (const std::uint64_t count : {1, 2, 3, 5, 64, 1'000, 4'097}) {
    const EntityChooser chooser(Skew{}, count);
    std::set<std::uint64_t> seen;
    for (std::uint64_t rank = 0; rank < count; ++rank) seen.insert(chooser.of_rank(rank));
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
  }
  const EntityChooser chooser(Skew{}, 100'000);
  std::set<std::uint64_t> tenths;
  for (std::uint64_t rank = 0; rank < 40; ++rank) tenths.insert(chooser.of_rank(rank) / 10'000);
  EXPECT_GE(tenths.size(), 8U);
}

TEST(Skew, ChoicesArePure) {
  Skew skew;
  skew.shape = Skew::Shape::kZipfian;
  const EntityChooser one(skew, 12'345);
  const EntityChooser other(skew, 12'345);
  for (std::uint64_t bits = 1; bits < 1'000; ++bits) {
    EXPECT_EQ(one.choose(mix64(bits)), other.choose(mix64(bits)));
  }
}

}  // namespace
}  // namespace cqrs
