// The standard profile with Debezium in place of the relay: the main job, then Kafka Connect killed
// under large batches, and its slot lost or made anew behind its back.
#include "core/wiring/standard.h"

#include "tests/standard/standard_system.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace cqrs::e2e {
namespace {

// A worker that was killed is missed by its group for some seconds, and the slot's session too.
constexpr std::chrono::seconds kRecovery{90};

class Cdc : public testing::Test {
 protected:
  static void SetUpTestSuite() { run_parts({"up", "--only", "connect"}); }
  void TearDown() override { run_parts({"up", "--only", "connect"}); }

  void seed(const std::string& number, const std::string& count, const Words& how = {}) const {
    Words words{"seed", "--seed", number, "--users", count, "--products", count, "--orders", count};
    words.insert(words.end(), how.begin(), how.end());
    const Json seeded = system_.ctl_json(words, 0, std::chrono::seconds(90));
    EXPECT_EQ(seeded.value("lost", -1), 0) << seeded;
  }

  // As seed does, without waiting until it is to be seen.
  void write(const std::string& name, int count) const {
    for (int i = 0; i < count; ++i) {
      const auto answer = system_.ask(
          "POST", "/v1/users",
          R"({"email":")" + name + std::to_string(i) + R"(@example.com","name":"Ada"})");
      ASSERT_EQ(answer.status, 201) << answer.body;
    }
  }
  [[nodiscard]] bool published_all() const {
    return relay_metric("cqrs_published_position") >= static_cast<double>(system_.record_head());
  }

  // The value of a metric of the relay role; -1: it does not tell.
  [[nodiscard]] double relay_metric(const std::string& name) const {
    const std::string text = relay("/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  [[nodiscard]] load::SimpleResponse relay(const std::string& target) const {
    const Json run = Json::parse(read_text(system_.file("run.json")));
    for (const auto& process : run.at("processes")) {
      if (process.value("role", "") != "relay") continue;
      const auto endpoint = load::parse_endpoint(process.value("url", ""));
      auto answer = load::fetch(*endpoint, "GET", target, {}, std::chrono::seconds(5));
      if (answer) return *answer;
    }
    return {};
  }

  [[nodiscard]] std::unique_ptr<CaptureSlot> slot() const {
    return std::move(standard::open_capture_slot(system_.servers()).value());
  }
  [[nodiscard]] std::unique_ptr<Connector> connector() const {
    return std::move(standard::open_connector(system_.servers()).value());
  }
  // The server ends the session of a killed worker by itself, after a moment.
  void drop_slot() const {
    Status removed;
    EXPECT_TRUE(wait_until(
        [&] {
          removed = slot()->remove();
          return removed.ok();
        },
        kRecovery))
        << removed.error().message;
  }

  [[nodiscard]] bool connector_runs() const {
    auto look = connector()->look();
    return look && look->state == ConnectorState::kRunning && !look->outdated;
  }

  // In the topics, from their beginning: every event, the first occurrences of each entity in
  // order.
  void expect_topics_whole() const {
    auto topics = std::move(standard::open_topics(system_.servers()).value());
    std::map<Uuid, std::int64_t> versions;
    std::int64_t first = 0;
    Cursor cursor;
    const auto give_up = std::chrono::steady_clock::now() + kRecovery;
    for (Position complete = 0; complete < system_.record_head();) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "complete up to " << complete;
      auto page = topics->read(cursor, 4'000);
      ASSERT_TRUE(page.ok()) << page.error().message;
      for (const auto& event : page->events) {
        auto& version = versions[event.stream.id];
        EXPECT_LE(event.version, version + 1) << to_string(event.stream.id);
        if (event.version != version + 1) continue;
        version = event.version;
        ++first;
      }
      cursor = page->next;
      complete = page->complete_to;
    }
    EXPECT_EQ(first, system_.record_head());
  }

  StandardSystem system_{ReadStoreKind::kRedis, RelayKind::kCdc};
};

TEST_F(Cdc, EventsComeThroughTheConnectorAndReadsSeeTheWriteTheyName) {
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
        system_.get("/v1/users/" + id + "?wait=5s&min_version=" + std::to_string(version));
    EXPECT_EQ(seen.value("name", ""), name);
  }
  EXPECT_TRUE(system_.caught_up(kRecovery));
  EXPECT_EQ(relay_metric("cqrs_cdc_healed_events"), 0) << "the connector brought all of it";
  expect_topics_whole();
  system_.expect_proven();
}

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
  EXPECT_EQ(connector()->look()->state, ConnectorState::kAbsent);
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

TEST_F(Cdc, ALostSlotIsRefusedAndWhatItWouldHaveBroughtComesFromTheRecord) {
  system_.up_standard();
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  seed("1", "300");
  ASSERT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
  run_parts({"kill", "connect"});
  drop_slot();
  write("lost", 100);
  EXPECT_TRUE(wait_until([&] { return relay("/readyz").status == 503; }, kRecovery));
  EXPECT_FALSE(published_all()) << "who brought these events?";
  run_parts({"start", "connect"});
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery)) << relay("/readyz").body;
  EXPECT_EQ(relay_metric("cqrs_cdc_slots_made"), 2);
  EXPECT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  // And the connector goes on.
  write("later", 100);
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
  EXPECT_EQ(relay_metric("cqrs_cdc_healed_events"), 100)
      << "these, and none of those before or behind";
  expect_topics_whole();
  EXPECT_TRUE(system_.caught_up(kRecovery));
  system_.expect_proven();
}

TEST_F(Cdc, ASlotMadeAnewBehindTheConnectorsBackIsFoundOutAndTheGapFilled) {
  system_.up_standard();
  ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
  seed("1", "300");
  ASSERT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
  run_parts({"kill", "connect"});
  drop_slot();
  write("lost", 100);
  ASSERT_TRUE(slot()->make().ok());
  EXPECT_FALSE(published_all()) << "who brought these events?";
  run_parts({"start", "connect"});
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery)) << relay("/readyz").body;
  EXPECT_GE(relay_metric("cqrs_cdc_healed_events"), 100);
  write("later", 100);
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
  EXPECT_TRUE(system_.caught_up(kRecovery));
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
