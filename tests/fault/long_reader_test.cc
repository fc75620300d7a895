// Somebody reads for a long time: the logs grow, are told of, and shrink again; nothing fails.
#include "tests/e2e/support/mixed_load.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

// A read transaction in this process, open until destroyed.
class Reader {
 public:
  explicit Reader(const std::string& path) {
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    EXPECT_EQ(
        sqlite3_exec(database_, "BEGIN; SELECT count(*) FROM meta", nullptr, nullptr, nullptr),
        SQLITE_OK)
        << sqlite3_errmsg(database_);
  }
  ~Reader() { sqlite3_close(database_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  sqlite3* database_ = nullptr;
};

// cqrs_wal_bytes as scraped; -1 when it is not there.
std::int64_t wal_bytes(const TestSystem& system, const std::string& file) {
  const std::string text = system.ask("GET", "/metrics").body;
  const std::string name = "cqrs_wal_bytes{file=\"" + file + "\"} ";
  const auto at = text.find(name);
  return at == std::string::npos ? -1 : std::atoll(text.c_str() + at + name.size());
}

TEST(LongReader, LetsTheLogsGrowUntilItEndsAndHindersNobody) {
  // A log is used from its start again at 32 MB (write store) and 8 MB (views) when nobody reads.
  constexpr std::int64_t kWriteNormal = 33'554'432;
  constexpr std::int64_t kWriteGrown = kWriteNormal + 8'000'000;
  constexpr std::int64_t kViewsGrown = 16'000'000;
  const TestSystem system;
  system.up();
  MixedLoad load(system.endpoint(), {.chains = 60});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 100; }));
  {
    const Reader of_record(system.file("write.db"));
    const Reader of_views(system.file("read-g1.db"));
    ASSERT_TRUE(wait_until([&] {
      return wal_bytes(system, "write.db") > kWriteGrown &&
             wal_bytes(system, "read-g1.db") > kViewsGrown;
    })) << wal_bytes(system, "write.db")
        << " " << wal_bytes(system, "read-g1.db");
    // New readers are served the newest all the while.
    const auto head = system.head();
    EXPECT_EQ(
        system.ask("GET", "/v1/products?limit=1&wait=10s&min_position=" + std::to_string(head))
            .status,
        200);
  }
  EXPECT_TRUE(wait_until([&] { return wal_bytes(system, "write.db") <= kWriteNormal; }))
      << wal_bytes(system, "write.db");
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(load.refusals().empty());
  load.expect_all_there(system);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

// A reader must not hold up a start, either: the log is then only copied as far as it may be.
TEST(LongReader, DoesNotKeepTheServiceFromStarting) {
  const TestSystem system;
  system.up();
  MixedLoad load(system.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 100; }));
  const Reader reader(system.file("write.db"));
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 300; }));
  const std::string listen = "127.0.0.1:" + std::to_string(system.port());
  system.kill_service();
  const auto started = std::chrono::steady_clock::now();
  system.up(listen);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(4));
  ASSERT_TRUE(load.finish());
  load.expect_all_there(system);
}

}  // namespace
}  // namespace cqrs::e2e
