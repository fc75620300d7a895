// The standard profile with Debezium in place of the relay: the main job into every read store,
// then Kafka Connect killed under large batches, relays that take over, a paused connector.
#include "tests/standard/cdc_system.h"

#include <thread>

namespace cqrs::e2e {
namespace {

class CdcInto : public Cdc, public testing::WithParamInterface<ReadStoreKind> {
 protected:
  CdcInto() : Cdc(GetParam()) {}
};

TEST_P(CdcInto, EventsComeThroughTheConnectorAndReadsSeeTheWriteTheyName) {
  system_.up_standard();
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  seed("1", "500");
  const auto user = system_.ask("POST", "/v1/users", R"({"email":"ada@example.com","name":"Ada"})");
  ASSERT_EQ(user.status, 201) << user.body;
  const std::string id = Json::parse(user.body).value("id", "");
  for (int version = 2; version < 8; ++version) {
    const std::string name = "Ada " + std::to_string(version);
    ASSERT_EQ(system_.ask("PATCH", "/v1/users/" + id, R"({"name":")" + name + R"("})").status, 200);
    const Json seen =
        system_.get("/v1/users/" + id + "?wait=30s&min_version=" + std::to_string(version));
    EXPECT_EQ(seen.value("name", ""), name);
  }
  EXPECT_TRUE(system_.caught_up(kRecovery));
  EXPECT_EQ(relay_metric("cqrs_cdc_healed_events"), 0) << "the connector brought all of it";
  expect_topics_whole();
  system_.expect_proven();
}

INSTANTIATE_TEST_SUITE_P(ReadStores, CdcInto,
                         testing::Values(ReadStoreKind::kRedis, ReadStoreKind::kMongo,
                                         ReadStoreKind::kPostgres),
                         [](const auto& info) { return std::string(read_store_name(info.param)); });

TEST_F(Cdc, AnotherRelayGoesOnAndTheRelayThatReadsTheTableTakesOver) {
  system_.up_standard({"relay=2"});
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  seed("1", "300");
  const int owner = system_.owner_of("relay");
  ASSERT_GE(owner, 0);
  system_.kill("relay", static_cast<std::size_t>(owner));
  seed("2", "300");
  EXPECT_TRUE(system_.caught_up(kRecovery));
  system_.expect_proven();

  system_.down();
  system_.config().relay = RelayKind::kPoll;
  system_.up_standard();
  EXPECT_FALSE(slot()->look()->usable) << "it would hold the journal for ever";
  EXPECT_TRUE(wait_until([&] {
    const auto look = connector()->look();
    return look && look->state == ConnectorState::kAbsent;
  }));
  seed("3", "300");
  EXPECT_TRUE(system_.caught_up(kRecovery));
  expect_topics_whole();
  system_.expect_proven();
}

// Large groups are transactions of many rows, which share their place in the journal.
TEST_F(Cdc, AKilledWorkerLosesNothingOfLargeBatches) {
  system_.up_standard();
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  std::thread load([&] { seed("1", "10k", {"--via", "bulk", "--batch", "500"}); });
  const auto published = [&] { return relay_metric("cqrs_published_position"); };
  for (const double wanted : {2'000.0, 12'000.0}) {
    EXPECT_TRUE(wait_until([&] { return published() >= wanted; }, kRecovery)) << published();
    run_parts({"kill", "connect"});
    run_parts({"start", "connect"});
  }
  load.join();
  EXPECT_TRUE(system_.caught_up(kRecovery)) << relay("/readyz").body;
  expect_topics_whole();
  system_.expect_proven();
}

TEST_F(Cdc, APausedConnectorIsToldAndLeftAlone) {
  system_.up_standard();
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  const auto connect = load::parse_endpoint(system_.servers().connect);
  const std::string path = "/connectors/" + standard::connector_name(system_.servers());
  // Refused while the workers deal out tasks anew.
  const auto told = [&](const std::string& verb) {
    return wait_until(
        [&] {
          const auto answer =
              load::fetch(*connect, "PUT", path + verb, {}, std::chrono::seconds(5));
          return answer.ok() && answer->status == 202;
        },
        kRecovery);
  };
  ASSERT_TRUE(told("/pause"));
  EXPECT_TRUE(wait_until([&] { return relay("/readyz").body.find("paused") != std::string::npos; },
                         kRecovery));
  write("paused", 100);
  EXPECT_FALSE(wait_until([&] { return published_all(); }, std::chrono::seconds(5)));
  ASSERT_TRUE(told("/resume"));
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery)) << relay("/readyz").body;
  EXPECT_EQ(relay_metric("cqrs_cdc_healed_events"), 0) << "the slot has kept them";
  EXPECT_TRUE(system_.caught_up(kRecovery));
  system_.expect_proven();
}

}  // namespace
}  // namespace cqrs::e2e
