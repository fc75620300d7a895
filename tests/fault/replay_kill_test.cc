// Replays and switches that are killed at the worst moments: one generation is live afterwards, no
// reader has gone back, and what was begun can be brought to its end.
#include "tests/e2e/support/system.h"
#include "tests/e2e/support/traffic.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 2'000 / kSlowdown;

void execute_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  const bool done = sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
                    sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  const std::string message = sqlite3_errmsg(database);
  sqlite3_close(database);
  if (!done) throw std::runtime_error(path + ": " + message);
}

class ReplayKill : public testing::Test {
 protected:
  ReplayKill() {
    const std::string count = std::to_string(kEach);
    system_.up();
    system_.ctl_json({"seed", "--users", count, "--products", count, "--orders", count});
  }
  [[nodiscard]] Json generations() const {
    return system_.ctl_json({"replay", "status"}).at("generations");
  }
  void expect_one_live(int number) const {
    int live = 0;
    for (const auto& generation : generations()) {
      if (!generation.value("live", false)) continue;
      ++live;
      EXPECT_EQ(generation.value("generation", 0), number);
    }
    EXPECT_EQ(live, 1);
  }
  void expect_all_well() const {
    expect_no_differences(system_.ctl_json({"verify", "--mode", "deep", "--stores", "write,read"}));
  }

  TestSystem system_;
};

TEST_F(ReplayKill, AReplayOutlivesTheServiceAndGoesOnWhereThatWasKilled) {
  const std::string listen = "127.0.0.1:" + std::to_string(system_.port());
  Process replay(system_.words({"-o", "json", "replay", "--execute", "--switch", "--rate", "2k"}),
                 system_.variables());
  ASSERT_TRUE(wait_until([&] {
    const Json all = system_.get("/v1/admin/generations").at("generations");
    return all.size() == 2 && all[1].value("applied", 0) > 0;
  }));
  system_.kill_service();
  system_.up(listen);
  const Json shadow = system_.get("/v1/admin/generations").at("generations").at(1);
  EXPECT_GT(shadow.value("applied", 0), 0) << "it began anew";
  const Finished finished = replay.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished;
  EXPECT_EQ(finished.json().value("generation", 0), 2) << finished;
  EXPECT_EQ(finished.json().value("equal", false), true) << finished;
  expect_one_live(2);
  expect_all_well();
}

TEST_F(ReplayKill, TheLiveViewsAreUntouchedWhenServiceAndReplayAreBothKilled) {
  {
    Process replay(system_.words({"replay", "--execute", "--rate", "2k"}), system_.variables());
    ASSERT_TRUE(wait_until([&] {
      const Json all = system_.get("/v1/admin/generations").at("generations");
      return all.size() == 2 && all[1].value("applied", 0) > 0;
    }));
    replay.send(SIGKILL);
    (void)replay.wait();
    system_.kill_service();
  }
  system_.up();
  expect_one_live(1);
  expect_all_well();
  const Json again = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(again.value("adopted", false), true) << again;
  EXPECT_EQ(again.value("equal", false), true) << again;
  expect_one_live(2);
  expect_all_well();
}

struct Place {
  const char* name;
  const char* failpoint;
  int live_afterwards;
};
void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

class ReplayKillAtSwitch : public ReplayKill, public testing::WithParamInterface<Place> {};

TEST_P(ReplayKillAtSwitch, OneGenerationIsLiveAndNoReaderWentBack) {
  system_.ctl_json({"replay", "--execute"});
  system_.down();
  Variables variables = system_.variables();
  variables.emplace_back("CQRS_FAILPOINT", GetParam().failpoint);
  ASSERT_EQ(run(system_.words({"up"}), variables).exit_code, 0);
  Traffic traffic(system_, 2, 2);
  ASSERT_TRUE(wait_until([&] { return traffic.writes() > 1'000 && traffic.reads() > 100; }));
  const Finished killed = system_.ctl({"replay", "switch", "--to", "2", "--execute"});
  EXPECT_EQ(killed.exit_code, 3) << killed;
  traffic.stop();
  system_.up();
  expect_one_live(GetParam().live_afterwards);
  for (std::size_t i = 0; i < Traffic::kProducts; ++i) {
    const Json product = system_.get("/v1/products/" + Traffic::product_id(i));
    EXPECT_GE(product.value("version", std::int64_t{0}), traffic.seen(i));
  }
  EXPECT_TRUE(traffic.complaints().empty()) << traffic.complaints().front();
  expect_all_well();
  const int other = 3 - GetParam().live_afterwards;
  system_.ctl_json({"replay", "switch", "--to", std::to_string(other), "--execute"});
  expect_one_live(other);
  expect_all_well();
}

INSTANTIATE_TEST_SUITE_P(Places, ReplayKillAtSwitch,
                         testing::Values(Place{"BeforeThePointer", "switch.before_pointer", 1},
                                         Place{"AfterThePointer", "switch.after_pointer", 2},
                                         Place{"AfterReadersMoved", "switch.after_readers", 2}),
                         [](const testing::TestParamInfo<Place>& place) {
                           return place.param.name;
                         });

TEST_F(ReplayKill, WhatAKilledCreationOrDropLeftIsClearedAtTheStart) {
  system_.down();
  for (const char* name : {"read-g9.db", "read-g9.db-wal", "read-g9.db-shm", "read-g10.db"}) {
    write_text(system_.file(name), "left behind");
  }
  write_text(system_.file("read-g9.db.copy"), "not ours");
  // In the catalog, without a file yet.
  execute_sql(system_.file("read.db"), "INSERT INTO generations(created_at) VALUES(7)");
  system_.up();
  for (const char* name : {"read-g9.db", "read-g9.db-wal", "read-g9.db-shm", "read-g10.db"}) {
    EXPECT_FALSE(std::filesystem::exists(system_.file(name))) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(system_.file("read-g9.db.copy")));
  const Json replay = system_.ctl_json({"replay", "--execute"});
  EXPECT_EQ(replay.value("adopted", false), true) << replay;
  EXPECT_EQ(replay.value("equal", false), true) << replay;
}

TEST_F(ReplayKill, LiveViewsThatDifferAreReplacedByProvenOnes) {
  system_.down();
  execute_sql(
      system_.file("read-g1.db"),
      "UPDATE users SET version = 7, body = replace(body, '\"version\":1', '\"version\":7') "
      "WHERE id = (SELECT min(id) FROM users)");
  system_.up();
  const Json found = system_.ctl_json({"replay", "--execute"}, 1);
  EXPECT_EQ(found.value("verdict", ""), "fail") << found;
  EXPECT_EQ(found.value("equal", false), true) << found;
  EXPECT_EQ(found.value("live_equal", true), false) << found;
  const Json replaced = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(replaced.value("verdict", ""), "pass") << replaced;
  expect_all_well();
}

TEST_F(ReplayKill, AShadowThatCannotStartIsReportedAndCanBeDropped) {
  system_.ctl_json({"replay", "--execute"});
  system_.down();
  execute_sql(system_.file("read-g2.db"),
              "UPDATE checkpoint SET incarnation = zeroblob(15) || x'01'");
  system_.up();
  const Json shadow = generations().at(1);
  EXPECT_EQ(shadow.value("stopped", false), true) << shadow;
  EXPECT_NE(shadow.value("problem", "").find("another write store"), std::string::npos) << shadow;
  EXPECT_EQ(system_.ctl({"replay", "switch", "--to", "2", "--execute"}).exit_code, 3);
  system_.ctl_json({"replay", "drop", "2", "--execute"});
  EXPECT_EQ(generations().size(), 1U);
  expect_all_well();
}

}  // namespace
}  // namespace cqrs::e2e
