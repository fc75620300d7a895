// Real files are spoilt in every way that verify knows; a plan is made, shown, carried out, and the
// next verify passes. What the record does not hold is never invented.
#include "core/wiring/inject.h"

#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

class RepairOf : public testing::Test {
 protected:
  RepairOf() {
    system_.up();
    system_.ctl_json({"seed", "--users", "200", "--products", "200", "--orders", "200"});
  }

  void spoil_with(const std::string& what) const {
    const auto plan = parse_injection(what);
    ASSERT_TRUE(plan.ok());
    const auto planted = spoil({system_.dir()}, *plan);
    ASSERT_TRUE(planted.ok()) << planted.error().message;
  }
  void change(const std::string& file, const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(
        sqlite3_open_v2(system_.file(file).c_str(), &database, SQLITE_OPEN_READWRITE, nullptr),
        SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  // Verifies deeply and plans; the system is down.
  [[nodiscard]] Json planned(int exit_code = 1) const {
    return system_.ctl_json({"verify", "--mode", "deep", "--emit-repair", plan_}, exit_code);
  }
  [[nodiscard]] Json executed(int exit_code = 0) const {
    return system_.ctl_json({"repair", plan_, "--execute"}, exit_code);
  }
  [[nodiscard]] Json verified(int exit_code = 0) const {
    return system_.ctl_json({"verify", "--mode", "deep"}, exit_code);
  }
  // Serves, takes more writes, and is still whole.
  void expect_in_use() const {
    system_.up();
    system_.ctl_json(
        {"seed", "--users", "30", "--products", "30", "--orders", "30", "--seed", "7"});
    expect_no_differences(verified());
    EXPECT_EQ(system_.get("/v1/users?limit=5").at("items").size(), 5U);
  }
  static std::string user_at(int offset) {
    return "(SELECT id FROM streams WHERE kind = 1 ORDER BY id LIMIT 1 OFFSET " +
           std::to_string(offset) + ")";
  }

  TestSystem system_;
  std::string plan_ = system_.scratch("plan.jsonl");
};

TEST_F(RepairOf, EveryKindOfDamageThatTheRecordOutlivedIsMended) {
  system_.down();
  spoil_with("lost=1,dup=4,phantom=3,stale=6,swap=3,field=6");
  change("write.db",
         "DELETE FROM streams WHERE kind = 1 AND id = " + user_at(190) +
             "; UPDATE streams SET state = replace(state, '\"name\":\"', "
             "'\"name\":\"x') WHERE kind = 1 AND id = " +
             user_at(191) +
             "; UPDATE streams SET version = 0 WHERE kind = 1 AND id = " + user_at(192));
  const Json before = planned();
  EXPECT_GE(before.at("mismatches").size(), 23U) << before;
  ASSERT_TRUE(before.contains("repair"));
  EXPECT_EQ(before.at("repair").value("impossible", -1), 0) << before.at("repair");

  const Json shown = system_.ctl_json({"repair", plan_});
  EXPECT_EQ(shown.value("executed", true), false);
  EXPECT_EQ(verified(1).at("differences"), before.at("differences")) << "a dry run changed them";

  const Json done = executed();
  EXPECT_EQ(done.value("verdict", ""), "pass") << done;
  EXPECT_EQ(done.value("skipped", -1), 0) << done;
  EXPECT_GE(done.value("applied", 0), 23) << done;
  expect_no_differences(verified());
  expect_in_use();
}

TEST_F(RepairOf, AnIndexThatDisagreesWithItsRowsIsFoundAndFilledAnew) {
  system_.down();
  change("read-g1.db",
         "UPDATE products_listed SET name = 'unheard of' WHERE rowid = "
         "(SELECT min(rowid) FROM products_listed)");
  const Json found = verified(1);
  EXPECT_EQ(found.at("differences").value("field", 0), 1) << found;
  EXPECT_EQ(found.at("mismatches").at(0).value("aggregate", ""), "product") << found;
  EXPECT_NE(found.at("mismatches").at(0).value("store", "").find("index"), std::string::npos);
  ASSERT_EQ(system_.ctl({"up", "--rebuild-views"}).exit_code, 0);
  expect_no_differences(verified());
}

TEST_F(RepairOf, EachKindAloneIsMended) {
  for (const char* kind : {"lost=1", "dup=3", "phantom=2", "stale=4", "swap=2", "field=4"}) {
    SCOPED_TRACE(kind);
    const TestSystem& system = system_;
    system.down();
    spoil_with(kind);
    plan_ = system.scratch(std::string("plan-") + kind);
    (void)planned();
    EXPECT_EQ(executed().value("verdict", ""), "pass");
    expect_no_differences(verified());
    system.up();
  }
}

TEST_F(RepairOf, WhatWasRepairedOnceIsSkippedTheSecondTime) {
  system_.down();
  spoil_with("dup=3,phantom=1,stale=2,swap=2,field=2");
  (void)planned();
  (void)executed();
  EXPECT_GT(executed(1).value("skipped", 0), 0);
  expect_no_differences(verified());
  expect_in_use();
}

TEST_F(RepairOf, ALostEventIsSaidToBeBeyondRepairAndTheRestIsMended) {
  system_.down();
  spoil_with("lost=2,field=1");
  const Json verify = planned();
  EXPECT_EQ(verify.at("repair").value("impossible", 0), 1) << verify.at("repair");
  const Finished shown = system_.ctl({"repair", plan_});
  EXPECT_NE(shown.out.find("restore the write store from a backup"), std::string::npos) << shown;
  const Json done = executed(1);
  EXPECT_EQ(done.value("verdict", ""), "fail");
  EXPECT_EQ(done.value("applied", 0), 2);
  const Json after = verified(1);
  EXPECT_EQ(after.at("differences").value("lost", 0), 1) << after;
  EXPECT_EQ(after.at("mismatches").size(), 1U) << after;
}

TEST_F(RepairOf, ARunningSystemIsLeftAloneAndTheWayOutIsNamed) {
  change("read-g1.db", "DELETE FROM users WHERE id = (SELECT min(id) FROM users)");
  (void)planned();
  const Json refused = executed(2);
  const std::string message = refused.at("error").value("message", "");
  EXPECT_NE(message.find("cqrsctl down"), std::string::npos) << message;
  EXPECT_EQ(verified(1).at("differences").value("lost", 0), 1);
  system_.down();
  (void)executed();
  expect_in_use();
}

TEST_F(RepairOf, ARowThatChangedSinceThePlanIsSkipped) {
  change("read-g1.db",
         "UPDATE users SET body = replace(body, '\"name\":\"', '\"name\":\"x') WHERE id = "
         "(SELECT min(id) FROM users)");
  const Json verify = planned();
  ASSERT_EQ(verify.at("mismatches").size(), 1U);
  const std::string id = verify.at("mismatches")[0].value("id", "");
  EXPECT_EQ(system_.ask("PATCH", "/v1/users/" + id, R"({"name":"Somebody Else"})").status, 200);
  const auto head = system_.head();
  ASSERT_TRUE(wait_until([&] { return system_.applied() == head; }));
  system_.down();
  const Json done = executed(1);
  EXPECT_EQ(done.value("skipped", 0), 1) << done;
  EXPECT_EQ(done.value("applied", -1), 0) << done;
}

TEST_F(RepairOf, PlansOfOthersAndDamagedOnesAreRefusedAndChangeNothing) {
  system_.down();
  spoil_with("field=2");
  const Json before = planned();
  const TestSystem other;
  other.up();
  other.down();
  const Json foreign = other.ctl_json({"repair", plan_, "--execute"}, 2);
  EXPECT_NE(foreign.at("error").value("message", "").find("another write store"),
            std::string::npos);

  const std::string text = read_text(plan_);
  const std::string cut = system_.scratch("cut.jsonl");
  write_text(cut, text.substr(0, text.size() - 20));
  system_.ctl_json({"repair", cut, "--execute"}, 2);
  write_text(cut, "{}\n");
  system_.ctl_json({"repair", cut}, 2);
  system_.ctl_json({"repair", system_.scratch("none.jsonl")}, 3);
  EXPECT_EQ(verified(1).at("differences"), before.at("differences"));
}

}  // namespace
}  // namespace cqrs::e2e
