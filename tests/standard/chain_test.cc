// The main job on the standard profile, as its users type it: up, seed, verify, replay, status,
// down, with PostgreSQL, Kafka and each read store.
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>

namespace cqrs::e2e {
namespace {

std::string name_of(const testing::TestParamInfo<ReadStoreKind>& info) {
  return std::string(read_store_name(info.param));
}

class StandardChain : public testing::TestWithParam<ReadStoreKind> {
 protected:
  StandardChain() { system_.up_standard(); }
  StandardSystem system_{GetParam()};
};

TEST_P(StandardChain, SeedVerifyReplayAndStatusWorkAsOnTheEmbeddedProfile) {
  const Json seed = system_.ctl_json(
      {"seed", "--users", "2k", "--products", "2k", "--orders", "2k"}, 0, std::chrono::seconds(90));
  EXPECT_EQ(seed.value("verdict", ""), "pass") << seed;
  EXPECT_EQ(seed.value("acked", 0), 6'000);
  EXPECT_EQ(seed.value("lost", -1), 0);

  const Json verify = system_.ctl_json({"verify"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  EXPECT_EQ(verify.value("entities", 0), 6'000);
  system_.expect_proven();

  const Json replay =
      system_.ctl_json({"replay", "--switch", "--execute"}, 0, std::chrono::seconds(90));
  EXPECT_EQ(replay.value("verdict", ""), "pass") << replay;
  EXPECT_EQ(replay.value("equal", false), true);
  EXPECT_EQ(replay.value("switched", false), true);
  EXPECT_EQ(replay.value("events", 0), 6'000);

  const Json status = system_.ctl_json({"status"});
  EXPECT_EQ(status.value("profile", ""), "standard");
  EXPECT_EQ(status.value("caught_up", false), true) << status;
  EXPECT_EQ(status.at("counts").value("users", 0), 2'000);
  EXPECT_EQ(status.at("roles").size(), 5U);
  for (const auto& role : status.at("roles")) EXPECT_TRUE(role.value("ready", false)) << status;
  system_.expect_proven();
}

TEST_P(StandardChain, AReadWithATokenSeesTheWriteItNames) {
  const auto user = system_.ask("POST", "/v1/users", R"({"email":"ada@example.com","name":"Ada"})");
  ASSERT_EQ(user.status, 201) << user.body;
  const Json created = Json::parse(user.body);
  const std::string id = created.value("id", "");
  for (int version = 2; version < 12; ++version) {
    const auto changed = system_.ask("PATCH", "/v1/users/" + id,
                                     R"({"name":"Ada )" + std::to_string(version) + R"("})");
    ASSERT_EQ(changed.status, 200) << changed.body;
    const Json seen =
        system_.get("/v1/users/" + id + "?wait=5s&min_version=" + std::to_string(version));
    EXPECT_EQ(seen.value("name", ""), "Ada " + std::to_string(version));
  }
  const Json found = system_.get("/v1/users?q=ada&min_position=11&wait=5s");
  EXPECT_EQ(found.value("totalCount", 0), 1) << found;
}

TEST_P(StandardChain, WhatIsStoppedGoesOnWhereItWas) {
  (void)system_.ctl_json({"seed", "--users", "500", "--products", "500", "--orders", "500"});
  system_.down();
  EXPECT_EQ(system_.ctl_json({"verify"}).value("verdict", ""), "pass") << "while nothing runs";
  system_.up_standard();
  (void)system_.ctl_json(
      {"seed", "--seed", "43", "--users", "500", "--products", "500", "--orders", "500"});
  EXPECT_EQ(system_.head(), 3'000);
  system_.expect_proven();
}

INSTANTIATE_TEST_SUITE_P(ReadStores, StandardChain,
                         testing::Values(ReadStoreKind::kRedis, ReadStoreKind::kMongo,
                                         ReadStoreKind::kPostgres),
                         name_of);

}  // namespace
}  // namespace cqrs::e2e
