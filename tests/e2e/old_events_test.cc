// A data directory with events of an earlier schema version: the same entities, the same digests,
// whoever reads them.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

class OldEvents : public Shop {
 protected:
  OldEvents() {
    stock();
    const std::string price = "/v1/products/" + std::string(kProduct) + "/price";
    command("PUT", price, R"({"price":20})", 200);
    command("PUT", price, R"({"price":21.5})", 200);
  }

  // The first price change as the first version of the program wrote it. State and digest of the
  // product are the same in both versions, so nothing else needs to change.
  void turn_first_price_change_into_version_1() const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open_v2(system_.file("write.db").c_str(), &database, SQLITE_OPEN_READWRITE,
                              nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database,
                           R"(UPDATE events SET schema_version = 1, data = '{"priceMinor":2000}'
                              WHERE position = 4 AND type = 'product.price_changed'
                              AND schema_version = 2
                              AND data = '{"fromMinor":1735,"toMinor":2000}')",
                           nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database);
    EXPECT_EQ(sqlite3_changes(database), 1) << "there was such an event";
    sqlite3_close(database);
  }
};

TEST_F(OldEvents, AreVerifiedAndReplayedAndNewOnesFollowThem) {
  system_.down();
  turn_first_price_change_into_version_1();
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
  system_.up();
  const std::string product = "/v1/products/" + std::string(kProduct);
  command("PUT", product + "/price", R"({"price":22})", 200);
  EXPECT_EQ(system_.ctl_json({"events", "show", "4"}).value("schemaversion", 0), 1);
  EXPECT_EQ(system_.ctl_json({"events", "show", "6"}).value("schemaversion", 0), 2);
  EXPECT_EQ(system_.ctl_json({"events", "show", "6"}).at("data"),
            (Json{{"fromMinor", 2150}, {"toMinor", 2200}}));
  const Json verify = system_.ctl_json({"verify", "--mode", "deep"});
  EXPECT_EQ(verify.value("verdict", ""), "pass");
  expect_no_differences(verify);
  const Json replay = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(replay.value("equal", false), true) << replay;
  EXPECT_EQ(replay.value("switched", false), true) << replay;
  EXPECT_EQ(system_.get(product + "?min_version=4&wait=10s").at("price").get<double>(), 22.0);
}

TEST_F(OldEvents, FillNewViewsFromTheFirstEvent) {
  system_.down();
  turn_first_price_change_into_version_1();
  for (const char* file : {"read.db", "read-g1.db"}) {
    for (const char* part : {"", "-wal", "-shm"}) {
      std::filesystem::remove(system_.file(std::string(file) + part));
    }
  }
  system_.up();
  EXPECT_EQ(read("/v1/products", kProduct, 3).at("price").get<double>(), 21.5);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

}  // namespace
}  // namespace cqrs::e2e
