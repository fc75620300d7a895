// The whole chain, PostgreSQL to Kafka by either relay, and from there to a collection in MongoDB
// by Kafka Connect's sink: verify proves it, through killed workers and a killed MongoDB, and finds
// what somebody did to the collection.
#include "core/wiring/standard.h"

#include "tests/adapters/mongo/database.h"
#include "tests/standard/standard_system.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <thread>

namespace cqrs::e2e {
namespace {

// A worker that was killed is missed by its group for some seconds, and so is a consumer.
constexpr std::chrono::seconds kRecovery{90};
constexpr const char* kEdge = "sink collection = events";
constexpr std::array kCollections{"user_events", "product_events", "order_events"};

class Sink : public testing::Test {
 protected:
  explicit Sink(RelayKind relay = RelayKind::kCdc)
      : system_(ReadStoreKind::kRedis, relay, SinkKind::kMongo),
        database_(system_.servers().name) {}

  static void SetUpTestSuite() { run_parts({"up", "--only", "connect"}); }
  void TearDown() override { run_parts({"up", "--only", "connect,mongo"}); }

  void seed(const std::string& number, const std::string& count, const Words& how = {}) const {
    Words words{"seed", "--seed", number, "--users", count, "--products", count, "--orders", count};
    words.insert(words.end(), how.begin(), how.end());
    const Json seeded = system_.ctl_json(words, 0, std::chrono::seconds(90));
    EXPECT_EQ(seeded.value("lost", -1), 0) << seeded;
  }

  // `exit_code` as verify gives it; the topics and the sink may take their time.
  [[nodiscard]] Json verified(int exit_code) const {
    return system_.ctl_json({"verify", "--mode", "order", "--settle", "90s"}, exit_code,
                            std::chrono::seconds(120));
  }
  static Json edge_of(const Json& verified) {
    for (const auto& edge : verified.at("edges")) {
      if (edge.value("edge", "") == kEdge) return edge;
    }
    return nullptr;
  }
  // Everything of the record stands in the collection once, and nothing else does.
  void expect_brought() {
    const Json report = verified(0);
    const Json edge = edge_of(report);
    ASSERT_TRUE(edge.is_object()) << report;
    EXPECT_EQ(edge.value("compared", std::int64_t{0}), system_.record_head()) << report;
    EXPECT_EQ(edge.value("note", ""), "") << report;
    EXPECT_EQ(documents(), system_.record_head());
  }
  // Without those that say how far the partitions are complete.
  [[nodiscard]] std::int64_t documents() {
    std::int64_t all = 0;
    for (const char* collection : kCollections) {
      all += database_.count(collection, R"({"type": {"$exists": true}})");
    }
    return all;
  }
  // The one difference that there is.
  [[nodiscard]] Json the_difference() const {
    const Json report = verified(1);
    EXPECT_EQ(report.at("mismatches").size(), 1U) << report;
    EXPECT_EQ(edge_of(report).value("differences", 0), 1) << report;
    return report.at("mismatches").empty() ? Json::object() : report.at("mismatches").at(0);
  }

  [[nodiscard]] Position complete_to() const {
    auto copies = standard::open_event_copies(system_.servers());
    auto complete = (*copies)->complete_to();
    return complete ? *complete : -1;
  }
  // Nothing while Connect does not tell.
  [[nodiscard]] std::optional<ConnectorState> connector_state() const {
    auto sink = standard::open_sink(system_.servers(), standard::Patience::kWait);
    if (!sink) return std::nullopt;
    auto look = (*sink)->look();
    return look ? std::optional(look->state) : std::nullopt;
  }

  StandardSystem system_;
  support::MongoDatabase database_;
};

class SinkOfEitherRelay : public Sink, public testing::WithParamInterface<RelayKind> {
 protected:
  SinkOfEitherRelay() : Sink(GetParam()) {}
};

TEST_P(SinkOfEitherRelay, EveryEventComesToTheCollectionAndVerifyComparesIt) {
  system_.up_standard();
  seed("1", "300");
  expect_brought();
  system_.expect_proven();
  const Json state = system_.ctl_json({"connector", "sink"});
  EXPECT_EQ(state.value("state", ""), "running") << state;
  EXPECT_EQ(state.value("complete_position", std::int64_t{0}), system_.record_head()) << state;
}

INSTANTIATE_TEST_SUITE_P(Relays, SinkOfEitherRelay,
                         testing::Values(RelayKind::kPoll, RelayKind::kCdc),
                         [](const auto& relay) { return std::string(relay_name(relay.param)); });

TEST_F(Sink, AKilledWorkerLosesNothingAndWritesNothingTwice) {
  system_.up_standard();
  std::thread load([&] { seed("1", "4k", {"--via", "bulk", "--batch", "500"}); });
  for (const Position wanted : {1'000, 5'000}) {
    EXPECT_TRUE(wait_until([&] { return complete_to() >= wanted; }, kRecovery)) << complete_to();
    run_parts({"kill", "connect"});
    run_parts({"start", "connect"});
  }
  load.join();
  EXPECT_TRUE(system_.caught_up(kRecovery));
  expect_brought();
}

TEST_F(Sink, AKilledMongoIsWaitedForAndTheConnectorGoesOnByItself) {
  system_.up_standard();
  seed("1", "100");
  expect_brought();
  run_parts({"kill", "mongo"});
  seed("2", "500");
  run_parts({"start", "mongo"});
  expect_brought();
}

TEST_F(Sink, WhatSomebodyDidToTheCollectionIsFoundAndNothingElse) {
  system_.up_standard();
  seed("1", "100");
  expect_brought();
  // The last one, too, because the sink itself says how far it has come.
  const std::string last = std::to_string(system_.record_head());
  database_.remove("order_events", R"({"position": )" + last + "}");
  Json found = the_difference();
  EXPECT_EQ(found.value("kind", ""), "lost") << found;
  EXPECT_EQ(found.value("store", ""), "sink collection") << found;
  EXPECT_EQ(std::to_string(found.value("position", 0)), last) << found;
  // It is no longer told when what it is of is not asked for.
  system_.ctl_json({"verify", "--mode", "order", "--as-of", std::to_string(std::stoi(last) - 1)});
  ASSERT_EQ(database_.update("user_events", R"({"position": 7})",
                             R"({"$set": {"data": "{\"role\":\"admin\"}"}})"),
            1);
  const Json both = verified(1);
  EXPECT_EQ(both.at("differences").value("lost", 0), 1) << both;
  EXPECT_EQ(both.at("differences").value("field", 0), 1) << both;
  EXPECT_EQ(both.at("mismatches").size(), 2U) << both;
}

TEST_F(Sink, ACollectionThatWasThrownAwayIsFilledAgainFromTheBeginning) {
  system_.up_standard();
  seed("1", "100");
  expect_brought();
  for (const char* collection : kCollections) database_.remove(collection, "{}");
  // Its connector, too, by somebody who leaves its place in Kafka behind.
  const auto connect = load::parse_endpoint(system_.servers().connect);
  const std::string connector = "/connectors/" + standard::sink_connector(system_.servers());
  ASSERT_TRUE(wait_until(
      [&] {
        const auto answer = load::fetch(*connect, "DELETE", connector, {}, std::chrono::seconds(5));
        return answer.ok() && answer->status == 204;
      },
      kRecovery));
  EXPECT_TRUE(wait_until([&] { return complete_to() >= system_.record_head(); }, kRecovery));
  expect_brought();
}

TEST_F(Sink, ASystemWithoutItKeepsTheCollectionUntilItIsRemoved) {
  system_.up_standard();
  seed("1", "100");
  expect_brought();
  const auto brought = documents();
  system_.down();
  system_.config().sink = SinkKind::kNone;
  system_.up_standard();
  // Connect goes on telling its last state for a moment.
  EXPECT_TRUE(wait_until([&] { return connector_state() == ConnectorState::kAbsent; }));
  seed("2", "100");
  EXPECT_TRUE(edge_of(verified(0)).is_null());
  EXPECT_EQ(documents(), brought);
  const auto plan = system_.ctl({"connector", "sink", "remove"});
  EXPECT_EQ(plan.exit_code, 0) << plan;
  EXPECT_EQ(documents(), brought) << "a plan changes nothing";
  const auto removed = system_.ctl({"connector", "sink", "remove", "--execute"});
  EXPECT_EQ(removed.exit_code, 0) << removed;
  EXPECT_EQ(documents(), 0);

  system_.down();
  system_.config().sink = SinkKind::kMongo;
  system_.up_standard();
  expect_brought();
}

}  // namespace
}  // namespace cqrs::e2e
