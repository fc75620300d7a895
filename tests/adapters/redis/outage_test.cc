// What becomes of a commit when the connection or the server goes away in the middle of it.
#include "tests/adapters/redis/backends.h"
#include "tests/adapters/redis/rows.h"
#include "tests/adapters/redis/server.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kPageRows = 500;
const Generator kGenerator({42, 100'000, 100'000, 100'000});

ViewChanges page_number(std::uint64_t page) {
  return changes_of(workload_rows(kGenerator, page * kPageRows, kPageRows),
                    static_cast<Position>((page + 1) * kPageRows));
}

// Rows, index and checkpoint tell the same: `pages` pages, whole.
void expect_exactly(RedisReadSide& side, std::uint64_t pages) {
  const auto source = side.open_source();
  const auto reader = side.open_reader();
  EXPECT_EQ(*reader->applied(), static_cast<Position>(pages * kPageRows));
  std::array<BucketSums, kAllKinds.size()> expected;
  for (const auto& row : workload_rows(kGenerator, 0, pages * kPageRows)) {
    expected[kind_index(row.key.kind)].add(bucket_of(row.key.id), row.digest);
  }
  std::int64_t rows = 0;
  for (const Kind kind : kAllKinds) {
    const auto sums = source->sums(kind);
    ASSERT_THAT(sums, is_ok());
    rows += sums->entities();
    EXPECT_THAT(sums->differing(expected[kind_index(kind)]), testing::IsEmpty());
    const auto differences = reader->index_differences(kind, 10);
    ASSERT_THAT(differences, is_ok());
    EXPECT_THAT(*differences, testing::IsEmpty()) << kind_name(kind);
  }
  EXPECT_EQ(rows, static_cast<std::int64_t>(pages * kPageRows));
  EXPECT_EQ(reader->counts()->total(), rows);
}

TEST(RedisOutage, ConnectionKilledBeforeItsCommitRanChangesNothing) {
  RedisServer server;
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  ASSERT_THAT(store->commit(epoch, page_number(0)), is_ok());
  // The server takes the commit and lets it wait.
  server({"CLIENT", "PAUSE", "60000", "WRITE"});
  std::thread killer([&] {
    PlainClient client(server.url());
    while (client({"INFO", "clients"}).find("blocked_clients:1") == std::string::npos) {
      std::this_thread::yield();
    }
    client({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    client({"CLIENT", "UNPAUSE"});
  });
  EXPECT_THAT(store->commit(epoch, page_number(1)), fails_with(ErrorCode::kUnavailable));
  killer.join();
  expect_exactly(side, 1);
  ASSERT_THAT(store->commit(epoch, page_number(1)), is_ok());
  expect_exactly(side, 2);
}

TEST(RedisOutage, CommitsRepeatedUntilTheyAreAnsweredAreThereOnce) {
  RedisServer server;
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  std::atomic<bool> killed = false;
  std::thread killer([&] {
    PlainClient client(server.url());
    // A kill counts when it hit somebody.
    for (int hits = 0; hits < 40;) {
      if (client({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}) != "0") ++hits;
    }
    killed = true;
  });
  int broken = 0;
  constexpr std::uint64_t kPages = 4;
  // The first ones under fire, then in peace: whatever they left behind does no harm.
  for (std::uint64_t page = 0; page < kPages;) {
    const auto status = store->commit(epoch, page_number(page));
    if (status) {
      ++page;
    } else {
      ASSERT_THAT(status, fails_with(ErrorCode::kUnavailable));
      ++broken;
    }
    // Something to hit until the end.
    if (page == kPages && broken == 0 && !killed) page = 0;
  }
  while (!killed) (void)store->checkpoint();
  killer.join();
  EXPECT_GT(broken, 0);
  for (std::uint64_t page = 0; page < kPages; ++page) {
    ASSERT_THAT(store->commit(epoch, page_number(page)), is_ok());
  }
  expect_exactly(side, kPages);
}

TEST(RedisOutage, RowsAndCheckpointGoBackTogetherWhenTheServerIsKilled) {
  RedisServer server;
  RedisReadSide side(server.url());
  auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  std::atomic<std::uint64_t> committed = 0;
  std::thread killer([&] {
    while (committed < 5) std::this_thread::yield();
    server.kill();
  });
  for (std::uint64_t page = 0; page < 1'000; ++page) {
    if (!store->commit(epoch, page_number(page))) break;
    ++committed;
  }
  killer.join();
  EXPECT_THAT(store->commit(epoch, page_number(committed)), fails_with(ErrorCode::kUnavailable));
  server.start();
  const auto reader = side.open_reader();
  const auto applied = reader->applied();
  ASSERT_THAT(applied, is_ok());
  const auto pages = static_cast<std::uint64_t>(*applied) / kPageRows;
  EXPECT_LE(pages, committed + 1);
  expect_exactly(side, pages);
  // The connection that broke is opened anew, and the owner is still the owner.
  ASSERT_THAT(store->commit(epoch, page_number(pages)), is_ok());
  expect_exactly(side, pages + 1);
}

TEST(RedisOutage, ReadersFindTheServerAgain) {
  RedisServer server;
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  ASSERT_THAT(store->commit(store->acquire()->epoch, page_number(0)), is_ok());
  const auto reader = side.open_reader();
  const std::vector<StreamKey> keys{{Kind::kUser, kGenerator.id(Kind::kUser, 1)}};
  ASSERT_THAT(reader->get(keys), is_ok());
  server({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_THAT(reader->get(keys), is_ok()) << "an idle connection that was closed";
  server.kill();
  EXPECT_THAT(reader->get(keys), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(reader->get(keys), fails_with(ErrorCode::kUnavailable));
  server.start();
  EXPECT_THAT(reader->get(keys), is_ok());
}

}  // namespace
}  // namespace cqrs
