// Each file on a disk that runs full under load: the service says so and goes on reading, the
// client stops; with room again all goes on without a restart, and nothing is lost or doubled.
#include "tests/e2e/support/mixed_load.h"
#include "tests/fault/small_disk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

class FullDisk : public testing::Test {
 protected:
  // The database lies on the small disk, with its log; the rest of the directory does not.
  void move_out(const std::string& name) const {
    std::filesystem::create_directories(system_.dir());
    std::filesystem::create_symlink(disk_.file(name), system_.file(name));
  }
  [[nodiscard]] bool reads() const {
    return system_.ask("GET", "/v1/products?limit=5").status == 200;
  }
  void expect_proof(const MixedLoad& load, std::int64_t others = 0) const {
    load.expect_all_there(system_, others);
    const Json verify = system_.ctl_json({"verify", "--mode", "deep"});
    EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
    expect_no_differences(verify);
  }

  TestSystem system_;
  SmallDisk disk_{system_.scratch("small"), 48 * kMegabyte};
};

TEST_F(FullDisk, OfTheWriteStoreRefusesCommandsAndServesReadsUntilThereIsRoom) {
  move_out("write.db");
  system_.up();
  MixedLoad load(system_.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 200; }));
  // A small group may find room where a large one did not.
  http::RawResponse refused;
  std::int64_t own = 0;
  ASSERT_TRUE(wait_until([&] {
    disk_.fill();
    refused = system_.ask("POST", "/v1/products", R"({"name":"Lamp","price":17.35})");
    own += refused.status == 201 ? 1 : 0;
    return refused.status == 503 && load.refusals().contains("unavailable");
  }));
  EXPECT_NE(refused.body.find(": free some space on that disk"), std::string::npos) << refused.body;
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_TRUE(reads());
  const auto before = load.acknowledged();
  disk_.free();
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= before + 500; }));
  ASSERT_TRUE(load.finish());
  // Refused means not done, so nobody had to wonder.
  EXPECT_EQ(load.refusals().count("in_doubt"), 0U);
  EXPECT_EQ(load.refusals().count("internal"), 0U);
  expect_proof(load, own);
}

TEST_F(FullDisk, OfTheViewsLetsThemFallBehindAndCatchUp) {
  move_out("read-g1.db");
  system_.up();
  MixedLoad load(system_.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return system_.applied() >= 200; }));
  ASSERT_TRUE(wait_until([&] {
    disk_.fill();
    return system_.head() > system_.applied() + 2'000 / kSlowdown;
  }));
  EXPECT_TRUE(reads());
  const auto health = system_.ask("GET", "/readyz");
  EXPECT_EQ(health.status, 503);
  EXPECT_NE(health.body.find("free some space"), std::string::npos) << health.body;
  const auto late = system_.ask(
      "GET", "/v1/products?min_position=" + std::to_string(system_.head()) + "&wait=100ms");
  EXPECT_EQ(late.status, 504) << late.body;
  disk_.free();
  ASSERT_TRUE(load.finish());
  const auto head = system_.head();
  EXPECT_TRUE(wait_until([&] { return system_.applied() >= head; }));
  EXPECT_EQ(system_.ask("GET", "/readyz").status, 200);
  EXPECT_TRUE(load.refusals().empty());
  expect_proof(load);
}

TEST_F(FullDisk, AtTheStartIsNamedAndNothingIsSpoiled) {
  move_out("write.db");
  system_.up();
  {
    MixedLoad load(system_.endpoint(), {});
    ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 500; }));
    system_.kill_service();
  }
  disk_.fill();
  const Finished up = system_.ctl({"up"});
  if (up.exit_code != 0) {
    EXPECT_EQ(up.exit_code, 3) << up;
    EXPECT_NE(up.err.find("write.db"), std::string::npos) << up;
    EXPECT_NE(up.err.find(": free some space on that disk"), std::string::npos) << up;
    disk_.free();
    system_.up();
  }
  EXPECT_TRUE(reads());
  disk_.free();
  MixedLoad load(system_.endpoint(), {.seed = 2});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 100; }));
  ASSERT_TRUE(load.finish());
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(FullDisk, OfTheLedgerStopsTheClientAndWhatItHoldsIsRead) {
  system_.up();
  const std::string ledger = disk_.file("seed.bin");
  disk_.fill(100'000);
  const std::string each = std::to_string(20'000 / kSlowdown);
  const Words seed{"seed",     "--users", each,       "--products", each,
                   "--orders", each,      "--ledger", ledger};
  const Json refused = system_.ctl_json(seed, 3);
  const std::string message = refused.at("error").value("message", "");
  EXPECT_NE(message.find(ledger), std::string::npos) << message;
  EXPECT_NE(message.find("No space left"), std::string::npos) << message;
  EXPECT_NE(message.find("): free some space on that disk"), std::string::npos) << message;
  const Json stat = system_.ctl_json({"ledger", "stat", ledger});
  EXPECT_GT(stat.value("acknowledged", 0), 0);
  EXPECT_LE(stat.value("acknowledged", 0), system_.head());
  // It lies beside the others now: with room, the rest is sent and everything is proven.
  disk_.free();
  std::filesystem::create_directories(system_.file("ledgers"));
  std::filesystem::copy_file(ledger, system_.file("ledgers/first.bin"));
  const Json again = system_.ctl_json({"seed", "--users", each, "--products", each, "--orders",
                                       each, "--ledger", system_.file("ledgers/again.bin")});
  EXPECT_EQ(again.value("acked", 0), 60'000 / kSlowdown);
  EXPECT_EQ(system_.head(), 60'000 / kSlowdown);
  const Json verify = system_.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
}

TEST_F(FullDisk, WithoutRoomForALedgersHeadLeavesNoFileBehind) {
  system_.up();
  const std::string ledger = disk_.file("seed.bin");
  disk_.fill();
  const Json refused = system_.ctl_json({"seed", "--users", "5", "--ledger", ledger}, 3);
  EXPECT_NE(refused.at("error").value("message", "").find(ledger), std::string::npos) << refused;
  EXPECT_FALSE(std::filesystem::exists(ledger));
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(FullDisk, OfTheCatalogLeavesNoHalfGeneration) {
  move_out("read.db");
  system_.up();
  MixedLoad load(system_.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 200; }));
  disk_.fill();
  const auto refused = system_.ask("POST", "/v1/admin/generations");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_NE(refused.body.find("free some space"), std::string::npos) << refused.body;
  EXPECT_EQ(system_.get("/v1/admin/generations").at("generations").size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(system_.file("read-g2.db")));
  disk_.free();
  EXPECT_EQ(system_.ask("POST", "/v1/admin/generations").status, 201);
  ASSERT_TRUE(load.finish());
  expect_proof(load);
}

}  // namespace
}  // namespace cqrs::e2e
