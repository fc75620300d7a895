// What several command processes at once must keep: what a command has read counts like what it
// writes, and transactions of others in the same database hold nobody up.
#include "tests/e2e/support/mixed_load.h"
#include "tests/e2e/support/shop.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <future>

namespace cqrs::e2e {
namespace {

constexpr int kRounds = 40;

struct Answer {
  int status = 0;
  std::int64_t position = 0;
  std::string field;
};

class ReadSetRace : public testing::Test {
 protected:
  ReadSetRace() { system_.up_standard({"command=2"}); }
  ~ReadSetRace() override { system_.expect_proven(); }

  [[nodiscard]] Answer post(const std::string& target, const std::string& body = "") const {
    return send("POST", target, body);
  }
  [[nodiscard]] Answer send(const std::string& method, const std::string& target,
                            const std::string& body = "") const {
    const auto raw = system_.ask(method, target, body);
    const Json tree = Json::parse(raw.body, nullptr, false);
    return {raw.status, std::atoll(std::string(raw.header("CQRS-Position")).c_str()),
            tree.is_object() ? tree.value("field", "") : raw.body};
  }
  [[nodiscard]] std::string created(const std::string& path, const std::string& body) const {
    const auto raw = system_.ask("POST", path, body);
    EXPECT_EQ(raw.status, 201) << raw.body;
    return Json::parse(raw.body).value("id", "");
  }
  [[nodiscard]] std::string new_user(const std::string& name) const {
    return created("/v1/users", R"({"email":")" + name + R"(@example.com","name":"Ann"})");
  }
  // Both requests at the same time.
  [[nodiscard]] std::pair<Answer, Answer> at_once(const std::function<Answer()>& one,
                                                  const std::function<Answer()>& other) const {
    auto first = std::async(std::launch::async, one);
    auto second = std::async(std::launch::async, other);
    return {first.get(), second.get()};
  }

  StandardSystem system_;
};

TEST_F(ReadSetRace, AProductIsNotOrderedAfterItWasDeactivated) {
  const std::string user = new_user("race");
  for (int round = 0; round < kRounds; ++round) {
    const std::string product = created("/v1/products", R"({"name":"Lamp","price":17.35})");
    const auto [left, ordered] =
        at_once([&] { return post("/v1/products/" + product + "/deactivate"); },
                [&] { return post("/v1/orders", order_body(user, product, "1")); });
    ASSERT_EQ(left.status, 200);
    ASSERT_GT(left.position, 0);
    if (ordered.status == 201) {
      EXPECT_LT(ordered.position, left.position) << "decided on a product as it was before";
    } else {
      EXPECT_EQ(ordered.status, 422);
      EXPECT_EQ(ordered.field, "items[0].productId");
    }
  }
}

TEST_F(ReadSetRace, AnOrderIsNotTakenFromAUserWhoWasDeleted) {
  const std::string product = created("/v1/products", R"({"name":"Lamp","price":17.35})");
  for (int round = 0; round < kRounds; ++round) {
    const std::string user = new_user("race" + std::to_string(round));
    const auto [left, ordered] =
        at_once([&] { return send("DELETE", "/v1/users/" + user); },
                [&] { return post("/v1/orders", order_body(user, product, "1")); });
    ASSERT_EQ(left.status, 200);
    if (ordered.status == 201) {
      EXPECT_LT(ordered.position, left.position) << "decided on a user as she was before";
    } else {
      EXPECT_EQ(ordered.status, 422);
      EXPECT_EQ(ordered.field, "userId");
    }
  }
}

TEST_F(ReadSetRace, AnOrderIsNotConfirmedAfterItWasCancelled) {
  const std::string user = new_user("race");
  const std::string product = created("/v1/products", R"({"name":"Lamp","price":17.35})");
  for (int round = 0; round < kRounds; ++round) {
    const std::string order = "/v1/orders/" + created("/v1/orders", order_body(user, product, "1"));
    const auto [confirmed, cancelled] =
        at_once([&] { return post(order + "/confirm"); },
                [&] { return post(order + "/cancel", R"({"reason":"changed my mind"})"); });
    ASSERT_EQ(cancelled.status, 200) << "a confirmed one can be cancelled, too";
    if (confirmed.status == 200) {
      EXPECT_LT(confirmed.position, cancelled.position);
    } else {
      EXPECT_EQ(confirmed.status, 409);
    }
    const int version = confirmed.status == 200 ? 3 : 2;
    const Json seen = system_.get(order + "?wait=10s&min_version=" + std::to_string(version));
    EXPECT_EQ(seen.value("status", ""), "CANCELLED");
    EXPECT_EQ(seen.value("version", 0), version);
  }
}

TEST_F(ReadSetRace, AnEMailBelongsToOneUserWhicheverReplicaIsAsked) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string body =
        R"({"email":"same)" + std::to_string(round) + R"(@example.com","name":"Ann"})";
    const auto [one, other] =
        at_once([&] { return post("/v1/users", body); }, [&] { return post("/v1/users", body); });
    EXPECT_EQ(std::min(one.status, other.status), 201);
    EXPECT_EQ(std::max(one.status, other.status), 409);
    EXPECT_EQ(one.status == 409 ? one.field : other.field, "email");
  }
}

// For serial numbers or snapshots an open transaction is poison: positions come from neither.
TEST(OpenTransactions, ForAMinuteHoldUpNeitherCommitsNorViews) {
  constexpr std::chrono::seconds kWithout{15};
  constexpr std::chrono::seconds kWith{60};
  StandardSystem system;
  system.up_standard({"command=4"});
  MixedLoadOptions options;
  options.chains = 4;
  MixedLoad load(system.endpoint(), options);
  const auto rate = [&](std::chrono::seconds time) {
    const auto before = load.acknowledged();
    std::this_thread::sleep_for(time);
    return static_cast<double>(load.acknowledged() - before) / static_cast<double>(time.count());
  };
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() > 400; }));
  const double before = rate(kWithout);
  double during = 0;
  {
    const std::string schema = system.config().name;
    pqxx::connection idle_session(system.config().postgres);
    pqxx::work idle(idle_session);
    idle.exec("SELECT count(*) FROM " + schema + ".events");
    pqxx::connection writing_session(system.config().postgres);
    pqxx::work writing(writing_session);
    writing.exec("CREATE TABLE " + schema + ".somebody_elses(number int)");
    writing.exec("INSERT INTO " + schema + ".somebody_elses VALUES(1)");
    during = rate(kWith);
    EXPECT_TRUE(system.caught_up()) << "while both are open";
  }
  const double after = rate(kWithout);
  const double share = during / ((before + after) / 2);
  testing::Test::RecordProperty("share_of_commit_rate", std::to_string(share));
  std::cout << "commits/s before " << before << ", during " << during << ", after " << after
            << ": share " << share << "\n";
  // What is known to fail so loses nine tenths and more; what is measured is in
  // docs/benchmarks.md.
  EXPECT_GT(share, 0.5);
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(system.caught_up());
  load.expect_all_there(system);
  const Json check = system.ctl_json({"events", "check"});
  EXPECT_EQ(check.value("verdict", ""), "pass") << check;
  system.expect_proven();
}

}  // namespace
}  // namespace cqrs::e2e
