// The cache in front of a read store with the real programs: never stale, whatever becomes of
// Redis; and what does not belong into it is found.
#include "core/domain/stream_key.h"

#include "tests/adapters/redis/server.h"
#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>

#include <thread>

namespace cqrs::e2e {
namespace {

using support::RedisServer;

// Views in MongoDB, the cache in a Redis of its own, which the test may kill.
class StandardCache : public testing::Test {
 protected:
  StandardCache() {
    system_.config().cache = CacheKind::kRedis;
    system_.config().redis = redis_.url();
  }

  std::string create_user() const {
    const auto user =
        system_.ask("POST", "/v1/users", R"({"email":"ada@example.com","name":"Ada"})");
    EXPECT_EQ(user.status, 201) << user.body;
    return Json::parse(user.body).value("id", "");
  }
  // Changes the name and expects that nobody reads the former one once the new one is visible.
  void change(const std::string& id, const std::string& name) const {
    const auto changed = system_.ask("PATCH", "/v1/users/" + id, R"({"name":")" + name + R"("})");
    ASSERT_EQ(changed.status, 200) << changed.body;
    ASSERT_TRUE(system_.caught_up());
    for (int i = 0; i < 5; ++i) {
      const Json seen = system_.get("/v1/users/" + id);
      ASSERT_EQ(seen.value("name", ""), name) << "read " << i;
    }
  }
  [[nodiscard]] std::string entry_of(const std::string& id) const {
    return "{" + name_ + ":cache:g1}:e" + std::to_string(static_cast<int>(Kind::kUser)) + ":" + id;
  }
  // The edge of verify, nothing when there is none.
  static std::optional<Json> edge(const Json& verify) {
    for (const auto& each : verify.at("edges")) {
      if (each.value("edge", each.value("name", "")) == "cache within view") return each;
    }
    return std::nullopt;
  }
  void run_under_load(const std::function<void()>& fault) {
    system_.up_standard();
    MixedLoadOptions options;
    options.chains = 2;
    MixedLoad load(system_.endpoint(), options);
    const std::string id = create_user();
    change(id, "Ada before");
    fault();
    for (int i = 0; i < 5; ++i) change(id, "Ada " + std::to_string(i));
    ASSERT_TRUE(load.finish());
    EXPECT_TRUE(system_.caught_up(std::chrono::seconds(30)));
    load.expect_all_there(system_, 7);  // one user, changed six times
    // Into the cache with it, so that verify has something to look at.
    ASSERT_TRUE(wait_until([&] {
      (void)system_.get("/v1/users/" + id);
      return redis_({"EXISTS", entry_of(id)}) == "1";
    }));
    system_.expect_proven();
  }

  RedisServer redis_;
  StandardSystem system_{ReadStoreKind::kMongo};
  std::string name_ = system_.config().name;
};

TEST_F(StandardCache, AnUpdateIsNeverHiddenByTheCache) {
  system_.up_standard({"query=2"});
  const std::string id = create_user();
  for (int i = 0; i < 20; ++i) change(id, "Ada " + std::to_string(i));
  EXPECT_EQ(redis_({"EXISTS", entry_of(id)}), "1") << "the cache was not used";
  EXPECT_EQ(system_.ask("DELETE", "/v1/users/" + id).status, 200);
  ASSERT_TRUE(system_.caught_up());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(system_.ask("GET", "/v1/users/" + id).status, 404);
  const Json verify = system_.ctl_json({"verify"});
  EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
  ASSERT_TRUE(edge(verify)) << verify;
}

TEST_F(StandardCache, AnEntryThatWasSpoiltIsFoundByVerify) {
  system_.up_standard();
  const std::string id = create_user();
  change(id, "Grace");
  ASSERT_EQ(redis_({"EXISTS", entry_of(id)}), "1");
  std::string value = redis_({"GET", entry_of(id)});
  const auto at = value.find("Grace");
  ASSERT_NE(at, std::string::npos);
  value.replace(at, 5, "Gracy");
  redis_({"SET", entry_of(id), value, "KEEPTTL"});
  const Json verify = system_.ctl_json({"verify"}, 1);
  EXPECT_EQ(verify.value("verdict", ""), "fail") << verify;
  const auto found = edge(verify);
  ASSERT_TRUE(found) << verify;
  EXPECT_EQ(found->value("differences", 0), 1) << verify;
}

TEST_F(StandardCache, RedisEmptiedUnderLoad) {
  run_under_load([&] {
    for (int i = 0; i < 5; ++i) {
      redis_({"FLUSHALL"});
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
}

TEST_F(StandardCache, RedisKilledAndStartedAgainUnderLoad) {
  run_under_load([&] {
    redis_.kill();
    const std::string id =
        Json::parse(system_.ask("GET", "/v1/users").body).at("items").at(0).value("id", "");
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(system_.ask("GET", "/v1/users/" + id).status, 200) << "a read fails";
    }
    redis_.start();
  });
}

}  // namespace
}  // namespace cqrs::e2e
