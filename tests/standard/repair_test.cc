// The real stores of a standard system are spoilt in every way that verify knows; a plan is made,
// shown, carried out, and the next verify passes. Where the topics would tell otherwise, the user
// is asked first.
#include "core/wiring/inject.h"
#include "core/wiring/standard.h"

#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace cqrs::e2e {
namespace {

std::string name_of(const testing::TestParamInfo<ReadStoreKind>& info) {
  return std::string(read_store_name(info.param));
}

class RepairableSystem : public StandardSystem {
 public:
  explicit RepairableSystem(ReadStoreKind read) : StandardSystem(read) {}

  void seed(const std::string& count, const std::string& seed = "42") const {
    (void)ctl_json(
        {"seed", "--users", count, "--products", count, "--orders", count, "--seed", seed});
  }
  void spoil_with(const std::string& what) const {
    const auto plan = parse_injection(what);
    ASSERT_TRUE(plan.ok());
    const auto planted = spoil({dir()}, *plan);
    ASSERT_TRUE(planted.ok()) << planted.error().message;
  }
  void change(const std::string& sql) const {
    pqxx::connection session(servers().postgres);
    pqxx::work work(session);
    work.exec("SET LOCAL search_path TO " + servers().name);
    work.exec(sql);
    work.commit();
  }
  static std::string user_at(int offset) {
    return "(SELECT id FROM streams WHERE kind = 1 ORDER BY id LIMIT 1 OFFSET " +
           std::to_string(offset) + ")";
  }
  // Nobody publishes while the system is down: topics that lack events are not waited for.
  [[nodiscard]] Json planned(int exit_code = 1) const {
    return ctl_json({"verify", "--mode", "deep", "--settle", "1s", "--emit-repair", plan()},
                    exit_code);
  }
  [[nodiscard]] Json executed(int exit_code = 0, const Words& more = {}) const {
    Words words{"repair", plan(), "--execute"};
    words.insert(words.end(), more.begin(), more.end());
    return ctl_json(words, exit_code);
  }
  [[nodiscard]] static std::string message_of(const Json& refused) {
    return refused.at("error").value("message", "");
  }
  [[nodiscard]] std::string plan() const { return scratch("plan.jsonl"); }
  [[nodiscard]] std::int64_t published() const {
    auto leases = standard::open_leases(servers());
    if (!leases) return -1;
    auto published = (*leases)->published(standard::kRelayLease);
    return published ? published->position : -1;
  }
};

class StandardRepair : public testing::TestWithParam<ReadStoreKind> {
 protected:
  StandardRepair() { system_.up_standard(); }
  RepairableSystem system_{GetParam()};
};

TEST_P(StandardRepair, EveryKindOfDamageThatTheRecordOutlivedIsMended) {
  system_.seed("200");
  system_.down();
  system_.spoil_with("lost=1,dup=4,phantom=3,stale=6,swap=3,field=6");
  system_.change("DELETE FROM streams WHERE kind = 1 AND id = " + RepairableSystem::user_at(190));
  system_.change(
      "UPDATE streams SET state = replace(state, '\"name\":\"', '\"name\":\"x') WHERE kind = 1 "
      "AND id = " +
      RepairableSystem::user_at(191));
  const Json before = system_.planned();
  EXPECT_GE(before.at("mismatches").size(), 23U) << before;
  EXPECT_EQ(before.at("repair").value("impossible", -1), 0) << before.at("repair");

  const Json shown = system_.ctl_json({"repair", system_.plan()});
  EXPECT_EQ(shown.value("executed", true), false);
  const Json unchanged = system_.ctl_json({"verify", "--mode", "deep", "--settle", "1s"}, 1);
  EXPECT_EQ(unchanged.at("differences"), before.at("differences")) << "a dry run changed them";

  const Json done = system_.executed();
  EXPECT_EQ(done.value("verdict", ""), "pass") << done;
  EXPECT_EQ(done.value("skipped", -1), 0) << done;
  EXPECT_GE(done.value("applied", 0), 22) << done;
  EXPECT_GT(system_.executed(1).value("skipped", 0), 0) << "the second time";

  system_.up_standard();
  ASSERT_TRUE(system_.caught_up());
  system_.expect_proven();
  system_.seed("30", "7");
  system_.expect_proven();
  EXPECT_EQ(system_.get("/v1/users?limit=5").at("items").size(), 5U);
}

TEST_P(StandardRepair, ARunningSystemIsLeftAloneAndItsOwnerNamed) {
  system_.seed("20");
  (void)system_.planned(0);
  const std::string message = RepairableSystem::message_of(system_.executed(2));
  EXPECT_NE(message.find("projector@"), std::string::npos) << message;
  EXPECT_NE(message.find("cqrsctl down"), std::string::npos) << message;
  system_.expect_proven();
  system_.down();
  EXPECT_EQ(system_.executed().value("verdict", ""), "pass");
}

INSTANTIATE_TEST_SUITE_P(ReadStores, StandardRepair,
                         testing::Values(ReadStoreKind::kRedis, ReadStoreKind::kMongo,
                                         ReadStoreKind::kPostgres),
                         name_of);

TEST(StandardRepairOf, APlanOfAnotherRecordIsRefusedAndChangesNothing) {
  const RepairableSystem system(ReadStoreKind::kPostgres);
  system.up_standard();
  system.seed("20");
  system.down();
  system.spoil_with("field=2");
  const Json before = system.planned();
  const RepairableSystem other(ReadStoreKind::kPostgres);
  other.up_standard();
  other.down();
  const Json foreign = other.ctl_json({"repair", system.plan(), "--execute"}, 2);
  EXPECT_NE(RepairableSystem::message_of(foreign).find("another write store"), std::string::npos)
      << foreign;
  const Json after = system.ctl_json({"verify", "--mode", "deep", "--settle", "1s"}, 1);
  EXPECT_EQ(after.at("differences"), before.at("differences"));
}

TEST(StandardRepairOf, APublishedCopyIsTakenOutOnlyTogetherWithTheTopics) {
  const RepairableSystem system(ReadStoreKind::kPostgres);
  system.up_standard();
  system.seed("50");
  system.down();
  system.spoil_with("dup=1");
  system.up_standard();
  ASSERT_TRUE(wait_until([&] { return system.published() >= 151; }));
  system.down();
  (void)system.planned();
  const std::string refused = RepairableSystem::message_of(system.executed(2));
  EXPECT_NE(refused.find("--renew-topics"), std::string::npos) << refused;
  EXPECT_NE(refused.find("position 151"), std::string::npos) << refused;
  EXPECT_EQ(system.record_head(), 151) << "a refusal changed the record";

  EXPECT_EQ(system.executed(0, {"--renew-topics"}).value("verdict", ""), "pass");
  EXPECT_EQ(system.record_head(), 150);
  system.up_standard();
  system.seed("10", "7");
  ASSERT_TRUE(system.caught_up());
  system.expect_proven();
  EXPECT_GE(system.published(), 180);
}

TEST(StandardRepairOf, TopicsThatDifferAloneAreGivenAnewWhenTheUserSaysSo) {
  const RepairableSystem system(ReadStoreKind::kRedis);
  system.up_standard();
  system.seed("50");
  ASSERT_TRUE(wait_until([&] { return system.published() >= 150; }));
  system.down();
  // Somebody publishes an event that the record has otherwise.
  {
    const auto history = standard::open_history(system.servers());
    const auto publisher = standard::open_publisher(system.servers());
    ASSERT_TRUE(history.ok() && publisher.ok());
    auto events = (*history)->read(149, 1);
    ASSERT_TRUE(events.ok());
    ASSERT_EQ(events->size(), 1U);
    events->front().event_id = make_uuid_v7(1, 2, 3);
    ASSERT_TRUE((*publisher)->publish(*events, 150).ok());
  }
  const Json found = system.planned();
  EXPECT_EQ(found.at("repair").at("actions").value("renew_topics", 0), 1) << found;
  EXPECT_NE(RepairableSystem::message_of(system.executed(2)).find("--renew-topics"),
            std::string::npos);
  EXPECT_EQ(system.executed(0, {"--renew-topics"}).value("applied", 0), 1);
  system.up_standard();
  ASSERT_TRUE(wait_until([&] { return system.published() >= 150; }));
  system.expect_proven();
}

// The query process goes on serving while the projector is dead and the repair in its place.
TEST(StandardRepairOf, TheCacheDoesNotKeepTheRowOfBeforeARepair) {
  RepairableSystem system(ReadStoreKind::kMongo);
  system.config().cache = CacheKind::kRedis;
  system.up_standard();
  system.seed("20");
  const std::string id = system.get("/v1/users?limit=1").at("items").at(0).value("id", "");
  const std::string name = system.get("/v1/users/" + id).value("name", "");
  ASSERT_FALSE(name.empty());
  system.kill("projector");
  system.spoil_with("field=19");
  ASSERT_TRUE(wait_until([&] { return system.get("/v1/users/" + id).value("name", "") != name; }))
      << "the spoilt row was never served";
  (void)system.planned();
  // Until the dead projector's lease has run out.
  ASSERT_TRUE(wait_until([&] {
    return system.ctl({"repair", system.plan(), "--execute"}).exit_code == 0;
  }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(system.get("/v1/users/" + id).value("name", ""), name);
  system.up_standard();
  ASSERT_TRUE(system.caught_up());
  system.expect_proven();
}

}  // namespace
}  // namespace cqrs::e2e
