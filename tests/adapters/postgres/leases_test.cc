// Leases on the database's clock: at most one owner, and nothing a replaced one does takes effect.
#include "core/log/lease.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

class Leases : public testing::Test {
 protected:
  std::unique_ptr<LeaseStore> open() { return opened(postgres::open_leases(schema_.options())); }
  std::optional<std::int64_t> acquire(const std::string& owner, milliseconds ttl = kLong) {
    const auto epoch = leases_->acquire("relay", owner, ttl);
    EXPECT_THAT(epoch, is_ok());
    return *epoch;
  }
  // As if its time had passed.
  void expire() { schema_.execute("UPDATE leases SET expires_at = now() - interval '1 second'"); }
  static Published at(Position position) {
    return {position,
            an_id(Kind::kUser, static_cast<std::uint64_t>(position)),
            {"topic " + std::to_string(position)}};
  }

  PostgresSchema schema_;
  std::unique_ptr<LeaseStore> leases_ = open();
};

TEST_F(Leases, OneOwnsItUntilItIsReleased) {
  EXPECT_EQ(*leases_->owner("relay"), "");
  EXPECT_EQ(acquire("a"), 1);
  EXPECT_EQ(acquire("b"), std::nullopt);
  EXPECT_EQ(*leases_->owner("relay"), "a");
  EXPECT_THAT(leases_->release("relay", 1), is_ok());
  EXPECT_EQ(*leases_->owner("relay"), "");
  EXPECT_EQ(acquire("b"), 2);
  EXPECT_THAT(leases_->release("relay", 1), is_ok()) << "not the owner's any more: nothing happens";
  EXPECT_EQ(*leases_->owner("relay"), "b");
}

TEST_F(Leases, LeasesOfOtherNamesAreOthers) {
  EXPECT_EQ(acquire("a"), 1);
  EXPECT_EQ(**leases_->acquire("another", "b", kLong), 1);
}

TEST_F(Leases, TheOwnerItselfGetsANewEpochAtOnce) {
  EXPECT_EQ(acquire("a"), 1);
  EXPECT_EQ(acquire("a"), 2);
  EXPECT_THAT(leases_->renew("relay", 1, kLong), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(leases_->renew("relay", 2, kLong), is_ok());
}

TEST_F(Leases, AnExpiredOneIsRefusedToItsOwnerAndFreeForOthers) {
  EXPECT_EQ(acquire("a"), 1);
  expire();
  EXPECT_EQ(*leases_->owner("relay"), "");
  EXPECT_THAT(leases_->renew("relay", 1, kLong), fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(acquire("b"), 2);
}

TEST_F(Leases, ItsTimeIsTheDatabases) {
  EXPECT_EQ(acquire("a", milliseconds(30)), 1);
  schema_.execute("SELECT pg_sleep(0.05)");
  EXPECT_EQ(acquire("b"), 2);
}

TEST_F(Leases, RenewingKeepsItBeyondItsFirstTime) {
  EXPECT_EQ(acquire("a", milliseconds(2'000)), 1);
  EXPECT_THAT(leases_->renew("relay", 1, kLong), is_ok());
  EXPECT_EQ(schema_.execute("SELECT expires_at > clock_timestamp() + interval '30 s' FROM leases"),
            "t");
}

TEST_F(Leases, AZombieCanNeitherRenewNorAdvance) {
  const auto zombie = open();
  EXPECT_EQ(**zombie->acquire("relay", "zombie", kLong), 1);
  ASSERT_THAT(zombie->advance("relay", 1, at(7)), is_ok());
  expire();
  EXPECT_EQ(acquire("heir"), 2);
  EXPECT_THAT(zombie->renew("relay", 1, kLong), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(zombie->advance("relay", 1, at(9)), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(zombie->release("relay", 1), is_ok());
  EXPECT_EQ(*leases_->owner("relay"), "heir");
  EXPECT_EQ(*leases_->published("relay"), at(7));
  EXPECT_FALSE(leases_->published_before("relay", 6)->has_value());
}

TEST_F(Leases, OfManyThatComeAtOnceOneGetsIt) {
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> owners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto epoch = open()->acquire("relay", "owner " + std::to_string(i), kLong);
        EXPECT_THAT(epoch, is_ok());
        if (epoch->has_value()) {
          EXPECT_EQ(**epoch, round + 1);
          ++owners;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(owners, 1);
    expire();
  }
}

TEST_F(Leases, ProgressIsThereForTheNextOwner) {
  EXPECT_EQ(*leases_->published("relay"), Published());
  EXPECT_EQ(acquire("a"), 1);
  ASSERT_THAT(leases_->advance("relay", 1, at(12)), is_ok());
  ASSERT_THAT(leases_->release("relay", 1), is_ok());
  EXPECT_THAT(leases_->advance("relay", 1, at(13)), fails_with(ErrorCode::kVersionConflict));
  EXPECT_EQ(acquire("b"), 2);
  EXPECT_EQ(*open()->published("relay"), at(12));
}

TEST_F(Leases, MarksStaySparseAndTheNewestIsAmongThem) {
  EXPECT_EQ(acquire("a"), 1);
  for (Position position = 900; position <= 30'000; position += 900) {
    ASSERT_THAT(leases_->advance("relay", 1, at(position)), is_ok());
  }
  EXPECT_EQ(**leases_->published_before("relay", 1'000'000), at(29'700));
  EXPECT_EQ(**leases_->published_before("relay", 29'700), at(29'700));
  EXPECT_EQ(**leases_->published_before("relay", 29'699), at(24'300));
  EXPECT_EQ(**leases_->published_before("relay", 4'999), at(4'500));
  EXPECT_FALSE(leases_->published_before("relay", 4'499)->has_value());
  EXPECT_FALSE(leases_->published_before("another", 29'700)->has_value());
  EXPECT_EQ(schema_.execute("SELECT count(*) FROM published_marks"), "6");
}

TEST_F(Leases, GoingBackLeavesNoMarkAheadOfIt) {
  EXPECT_EQ(acquire("a"), 1);
  for (const Position position : {4'000, 9'000, 14'000}) {
    ASSERT_THAT(leases_->advance("relay", 1, at(position)), is_ok());
  }
  ASSERT_THAT(leases_->advance("relay", 1, at(8'000)), is_ok());
  EXPECT_EQ(**leases_->published_before("relay", 20'000), at(8'000));
  EXPECT_EQ(**leases_->published_before("relay", 7'999), at(4'000));
}

TEST_F(Leases, APlaceWithoutCursorIsNoMark) {
  EXPECT_EQ(acquire("a"), 1);
  ASSERT_THAT(leases_->advance("relay", 1, {5, an_id(Kind::kUser, 5), {}}), is_ok());
  EXPECT_FALSE(leases_->published_before("relay", 5)->has_value());
  EXPECT_EQ(leases_->published("relay")->position, 5);
}

}  // namespace
}  // namespace cqrs
