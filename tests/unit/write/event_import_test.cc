// Events of another system become this one: the same streams, digests and claims as the command
// handler made there.
#include "core/write/event_import.h"

#include "core/adapters/memory/stores.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class EventImportTest : public testing::Test {
 protected:
  // In batches of this size; the first problem ends it.
  std::optional<ImportProblem> import_all(std::size_t size) {
    EventImport target(*store_);
    const std::span<const Event> all(source_.events);
    for (std::size_t at = 0; at < all.size(); at += size) {
      if (auto problem = target.add(all.subspan(at, std::min(size, all.size() - at)))) {
        if (problem->index) *problem->index += at;
        return problem;
      }
    }
    head_ = target.head();
    return std::nullopt;
  }

  memory::MemoryRecord source_;
  memory::MemoryRecord target_;
  std::unique_ptr<WriteStore> store_ = memory::open_write_store(target_);
  Position head_ = 0;
};

void expect_same(const memory::MemoryRecord& target, const memory::MemoryRecord& source) {
  EXPECT_EQ(target.events, source.events);
  EXPECT_EQ(target.claims, source.claims);
  ASSERT_EQ(target.streams.size(), source.streams.size());
  for (const auto& [key, record] : source.streams) {
    const auto& copy = target.streams.at(key);
    EXPECT_EQ(copy.version, record.version);
    EXPECT_EQ(copy.deleted, record.deleted);
    EXPECT_EQ(copy.state, record.state);
    EXPECT_EQ(copy.digest, record.digest);
    EXPECT_EQ(copy.position, record.position);
  }
}

TEST_F(EventImportTest, EverythingThatFollowsFromEventsIsAsTheCommandHandlerMadeIt) {
  for (const std::size_t size : {1U, 3U, 7U, 1'000U}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      source_ = memory::MemoryRecord();
      target_ = memory::MemoryRecord();
      store_ = memory::open_write_store(target_);
      grow_history(source_, seed, 150);
      const auto problem = import_all(size);
      ASSERT_FALSE(problem.has_value()) << problem->error.message;
      SCOPED_TRACE("seed " + std::to_string(seed) + ", batches of " + std::to_string(size));
      expect_same(target_, source_);
      EXPECT_EQ(head_, static_cast<Position>(source_.events.size()));
      EXPECT_TRUE(target_.requests.empty());
    }
  }
}

TEST_F(EventImportTest, AHoleInThePositionsIsNamed) {
  grow_history(source_, 3, 60);
  source_.events.erase(source_.events.begin() + 10);
  for (const std::size_t size : {4U, 1'000U}) {
    target_ = memory::MemoryRecord();
    const auto problem = import_all(size);
    ASSERT_TRUE(problem.has_value());
    EXPECT_EQ(problem->index, 10U);
    EXPECT_EQ(problem->error.field, "position");
  }
}

TEST_F(EventImportTest, AMissingVersionIsNamed) {
  source_.events = {an_event(1, user_key(1), 1, user_created(1)),
                    an_event(2, user_key(1), 3, user_renamed("Third"))};
  const auto problem = import_all(10);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->index, 1U);
  EXPECT_EQ(problem->error.field, "aggregateversion");
  EXPECT_TRUE(target_.events.empty()) << "a batch goes in whole or not at all";
}

TEST_F(EventImportTest, AnEventBeforeTheFirstIsNamed) {
  source_.events = {an_event(1, user_key(1), 1, user_renamed("Nobody"))};
  const auto problem = import_all(10);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->error.field, "type");
}

TEST_F(EventImportTest, AClaimOfAnotherIsNamedInTheSameAndInALaterBatch) {
  source_.events = {an_event(1, user_key(1), 1, user_created(1)),
                    an_event(2, user_key(2), 1, user_created(1))};
  for (const std::size_t size : {1U, 10U}) {
    target_ = memory::MemoryRecord();
    const auto problem = import_all(size);
    ASSERT_TRUE(problem.has_value());
    EXPECT_EQ(problem->index, 1U);
    EXPECT_EQ(problem->error.field, "data.email");
  }
}

TEST_F(EventImportTest, AnEventOfTheFutureIsRefused) {
  source_.events = {an_event(1, user_key(1), 1, user_created(1))};
  source_.events.front().schema_version = 99;
  EXPECT_TRUE(import_all(10).has_value());
  source_.events.front().schema_version = 1;
  source_.events.front().type = "user.dreamt";
  EXPECT_TRUE(import_all(10).has_value());
}

// Only SQLite's unique index knows the ids of earlier batches.
TEST_F(EventImportTest, AnIdOfAnEarlierBatchIsFoundAndNamed) {
  grow_history(source_, 3, 300);
  ASSERT_GT(source_.events.size(), 20U);
  source_.events[17].event_id = source_.events[2].event_id;
  const auto side = sqlite_write_side();
  store_ = side->open_store();
  const auto problem = import_all(8);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->index, 17U);
  EXPECT_EQ(problem->error.field, "id");
}

}  // namespace
}  // namespace cqrs
