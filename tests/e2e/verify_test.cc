// Verify beside a system that writes as fast as it can: never a difference that is only in flight,
// and always the ones that were planted.
#include "core/base/uuid.h"

#include "tests/e2e/support/system.h"
#include "tests/support/random.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::e2e {
namespace {

// Sends batches on one connection until it is destroyed: creates, updates (half of them to a few
// hot entities), orders with all their transitions, deletes.
class Hammer {
 public:
  explicit Hammer(const TestSystem& system)
      : client_(system.port()), thread_([this] {
          while (!stop_ && send_batch()) ++batches_;
        }) {}
  Hammer(const Hammer&) = delete;
  Hammer& operator=(const Hammer&) = delete;
  ~Hammer() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] int batches() const { return batches_; }

 private:
  static constexpr int kLines = 200;

  std::string fresh(std::vector<std::string>& ids) {
    ++made_;
    ids.push_back(to_string(make_uuid_v7(1'800'000'000'000 + made_, made_, random_.next())));
    return ids.back();
  }
  const std::string& any(const std::vector<std::string>& ids) {
    const std::size_t range =
        random_.below(2) == 0 ? std::min<std::size_t>(ids.size(), 5) : ids.size();
    return ids[random_.below(range)];
  }
  static std::string line(const std::string& command, const std::string& id,
                          const std::string& data) {
    return R"({"command":")" + command + R"(")" + (id.empty() ? "" : R"(,"id":")" + id + R"(")") +
           (data.empty() ? "" : R"(,"data":)" + data) + "}\n";
  }

  std::string one_command() {
    const std::string number = std::to_string(++made_);
    switch (users_.size() < 50 || products_.size() < 20 ? random_.below(2) : random_.below(10)) {
      case 0:
        return line("create_user", "",
                    R"({"id":")" + fresh(users_) + R"(","email":"u)" + number +
                        R"(@example.com","name":"User )" + number + R"("})");
      case 1:
        return line("create_product", "",
                    R"({"id":")" + fresh(products_) + R"(","name":"Lamp","price":17.35})");
      case 2:
      case 3:
      case 4:
        return line("update_user", any(users_), R"({"name":"Name )" + number + R"("})");
      case 5:
        return line("change_price", any(products_),
                    R"({"price":)" + std::to_string(1 + made_ % 900) + "}");
      case 6:
      case 7:
        return line("create_order", "",
                    R"({"id":")" + fresh(orders_) + R"(","userId":")" + any(users_) +
                        R"(","items":[{"productId":")" + any(products_) + R"(","quantity":2}]})");
      case 8:
        return random_.below(2) == 0 || orders_.empty() ? line("delete_user", any(users_), "")
                                                        : line("confirm_order", any(orders_), "");
      default:
        return orders_.empty() ? line("delete_product", any(products_), "")
                               : line("cancel_order", any(orders_), R"({"reason":"late"})");
    }
  }

  // False when the service does not answer any more.
  bool send_batch() {
    std::string body;
    for (int i = 0; i < kLines; ++i) body += one_command();
    client_.send("POST /v1/commands:batch HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto answer = client_.read();
    EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 300);
    return answer.status == 200;
  }

  support::Random random_{1};
  std::uint64_t made_ = 0;
  std::vector<std::string> users_, products_, orders_;
  http::RawClient client_;
  std::atomic<bool> stop_{false};
  std::atomic<int> batches_{0};
  std::thread thread_;
};

class VerifyBesideWrites : public testing::Test {
 protected:
  static constexpr int kRounds = kSlowdown == 1 ? 4 : 1;
  VerifyBesideWrites() {
    system_.up();
    system_.ctl_json({"seed", "--users", "500", "--products", "500", "--orders", "500"});
  }
  TestSystem system_;
};

TEST_F(VerifyBesideWrites, EveryModePassesEveryTime) {
  const Hammer hammer(system_);
  ASSERT_TRUE(wait_until([&] { return hammer.batches() > 10; }));
  for (int round = 0; round < kRounds; ++round) {
    for (const char* mode : {"counts", "buckets", "order", "deep", "ledger"}) {
      SCOPED_TRACE(mode);
      // A verify may be over before a batch is: then it is of no account, and done once more.
      const bool beside = wait_until([&] {
        const int before = hammer.batches();
        const Json verify = system_.ctl_json({"verify", "--mode", mode});
        EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
        expect_no_differences(verify);
        return hammer.batches() > before || HasFailure();
      });
      EXPECT_TRUE(beside) << "nothing was written meanwhile";
    }
  }
}

TEST_F(VerifyBesideWrites, AnEarlierCutPassesAsWell) {
  const Hammer hammer(system_);
  ASSERT_TRUE(wait_until([&] { return hammer.batches() > 20; }));
  for (const std::int64_t cut : {std::int64_t{1}, std::int64_t{1'000}, system_.head()}) {
    const Json verify =
        system_.ctl_json({"verify", "--mode", "deep", "--as-of", std::to_string(cut)});
    EXPECT_EQ(verify.value("verdict", ""), "pass") << verify;
    EXPECT_EQ(verify.value("as_of_position", std::int64_t{0}), cut);
    EXPECT_GT(verify.value("head_position", std::int64_t{0}), cut);
  }
}

TEST_F(VerifyBesideWrites, WhatIsPlantedInCopiesTakenMeanwhileIsFoundExactly) {
  const Hammer hammer(system_);
  ASSERT_TRUE(wait_until([&] { return hammer.batches() > 10; }));
  for (int round = 0; round < kRounds; ++round) {
    const Json verify = system_.ctl_json(
        {"verify", "--inject", "lost=4,dup=4,phantom=2,stale=5,swap=3,field=4"}, 1);
    EXPECT_EQ(verify.at("injection").value("exact", false), true) << verify;
  }
}

class VerifyOptionsOf : public testing::Test {
 protected:
  VerifyOptionsOf() {
    system_.up();
    system_.ctl_json({"seed", "--users", "50", "--products", "50", "--orders", "50"});
  }
  [[nodiscard]] std::string refusal(const Words& words) const {
    return system_.ctl_json(words, 2).value("error", Json::object()).value("message", "");
  }
  TestSystem system_;
};

TEST_F(VerifyOptionsOf, WordsThatAreNoneOfTheChoicesAreRefusedNamingThem) {
  EXPECT_NE(refusal({"verify", "--mode", "quick"}).find("counts, buckets, deep, ledger or order"),
            std::string::npos);
  EXPECT_NE(refusal({"verify", "--stores", "cache"}).find("write, log, read"), std::string::npos);
  EXPECT_NE(refusal({"verify", "--as-of", "yesterday"}).find("give head"), std::string::npos);
  EXPECT_NE(refusal({"verify", "--as-of", "0"}).find("--as-of"), std::string::npos);
  EXPECT_NE(refusal({"verify", "--as-of", "151"}).find("head is 150"), std::string::npos);
  EXPECT_NE(refusal({"verify", "--min-age", "soon"}).find("--min-age"), std::string::npos);
  EXPECT_NE(refusal({"verify", "--emit-repair", system_.file("write.db")}).find("exists"),
            std::string::npos);
  EXPECT_NE(refusal({"verify", "--emit-repair", system_.scratch("p"), "--inject", "lost=1"})
                .find("leave one out"),
            std::string::npos);
}

TEST_F(VerifyOptionsOf, EveryFieldThatScriptsRelyOnIsThere) {
  const Json verify = system_.ctl_json({"verify", "--mode", "deep"});
  expect_fields(verify, {"verdict", "elapsed_s", "entities", "rows_fetched", "differences",
                         "mismatches", "as_of_position", "too_young", "edges"});
  EXPECT_EQ(verify.value("entities", 0), 150);
  EXPECT_EQ(verify.value("too_young", -1), 0);
  EXPECT_EQ(verify.value("as_of_position", 0), 150);
  EXPECT_EQ(verify.at("edges").size(), 8U);
}

TEST_F(VerifyOptionsOf, ViewsThatStayBehindAreInconclusiveAndAnEarlierCutIsNot) {
  system_.down();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(system_.file("read-g1.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(
      sqlite3_exec(database, "UPDATE checkpoint SET applied = 100", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(database);
  const Json behind = system_.ctl_json({"verify", "--settle", "10ms"}, 4);
  EXPECT_EQ(behind.value("verdict", ""), "inconclusive");
  EXPECT_NE(behind.value("reason", "").find("100"), std::string::npos) << behind;
  const Json earlier = system_.ctl_json({"verify", "--settle", "10ms", "--as-of", "100"});
  EXPECT_EQ(earlier.value("verdict", ""), "pass");
}

TEST_F(VerifyOptionsOf, YoungDifferencesAreCountedAndLeaveTheVerdictOpen) {
  system_.down();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(system_.file("read-g1.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM users WHERE id = (SELECT min(id) FROM users)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const Json young = system_.ctl_json({"verify", "--min-age", "1h"}, 4);
  EXPECT_EQ(young.value("too_young", 0), 1) << young;
  expect_no_differences(young);
  const Json aged = system_.ctl_json({"verify", "--min-age", "1ms"}, 1);
  EXPECT_EQ(aged.at("differences").value("lost", 0), 1) << aged;
}

}  // namespace
}  // namespace cqrs::e2e
