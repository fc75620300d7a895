// The generation catalog on PostgreSQL behaves as the one in a file, and for several processes.
#include "core/read/generation_catalog.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class PostgresCatalogTest : public testing::Test {
 protected:
  std::unique_ptr<GenerationCatalog> open() {
    return opened(postgres::open_catalog(schema_.options(), kNow));
  }
  PostgresSchema schema_;
};

TEST_F(PostgresCatalogTest, BeginsWithGenerationOneLiveAndServed) {
  open();
  const auto all = open()->list();
  ASSERT_THAT(all, is_ok());
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(live_generation(*all), 1);
  EXPECT_TRUE(all->at(0).served);
  EXPECT_EQ(all->at(0).created_at, kNow);
}

TEST_F(PostgresCatalogTest, KeepsRateProofAndWhetherAGenerationWasServed) {
  {
    auto catalog = open();
    ASSERT_EQ(*catalog->create(kNow, 500), 2);
    ASSERT_THAT(catalog->set_proof(2, Proof::kEqual), is_ok());
    ASSERT_EQ(*catalog->create(kNow, 0), 3);
    ASSERT_THAT(catalog->set_rate(3, 70), is_ok());
    ASSERT_THAT(catalog->switch_live(1, 2), is_ok());
  }
  const auto all = open()->list();
  ASSERT_THAT(all, is_ok());
  ASSERT_EQ(all->size(), 3U);
  EXPECT_TRUE(all->at(0).served);
  EXPECT_TRUE(all->at(1).live && all->at(1).served);
  EXPECT_EQ(all->at(1).proof, Proof::kEqual);
  EXPECT_EQ(all->at(1).rate, 0) << "what is served has no limit";
  EXPECT_FALSE(all->at(2).served);
  EXPECT_EQ(all->at(2).rate, 70);
  EXPECT_TRUE(unfinished(all->at(2)));
}

TEST_F(PostgresCatalogTest, WhatIsNotThereCannotBeChanged) {
  auto catalog = open();
  EXPECT_THAT(catalog->set_proof(9, Proof::kEqual), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->set_rate(9, 1), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->switch_live(1, 9), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->drop(9), fails_with(ErrorCode::kNotFound));
}

TEST_F(PostgresCatalogTest, ARefusedSwitchChangesNothing) {
  auto catalog = open();
  ASSERT_EQ(*catalog->create(kNow, 30), 2);
  EXPECT_THAT(catalog->switch_live(2, 2), fails_with(ErrorCode::kVersionConflict));
  const auto all = catalog->list();
  EXPECT_EQ(live_generation(*all), 1);
  EXPECT_FALSE(all->at(1).served);
  EXPECT_EQ(all->at(1).rate, 30);
}

TEST_F(PostgresCatalogTest, NumbersAreNotUsedAgainAndTheLiveOneStays) {
  auto catalog = open();
  ASSERT_EQ(*catalog->create(kNow, 0), 2);
  ASSERT_THAT(catalog->drop(2), is_ok());
  EXPECT_EQ(*catalog->create(kNow, 0), 3);
  EXPECT_THAT(catalog->drop(1), fails_with(ErrorCode::kInvalid, "generation"));
  EXPECT_EQ(catalog->list()->size(), 2U);
}

TEST_F(PostgresCatalogTest, OfTwoSwitchesAtOnceOneIsRefused) {
  auto catalog = open();
  ASSERT_EQ(*catalog->create(kNow, 0), 2);
  ASSERT_EQ(*catalog->create(kNow, 0), 3);
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (const int to : {2, 3}) {
    threads.emplace_back([&, to] {
      const auto status = open()->switch_live(1, to);
      if (status.ok()) {
        ++done;
      } else {
        EXPECT_THAT(status, fails_with(ErrorCode::kVersionConflict));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace cqrs
