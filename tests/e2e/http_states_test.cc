// The life of users, products and orders over HTTP: deactivation, deletion, the order's states, and
// what all of it leaves in views, lists and proofs.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

class States : public Shop {
 protected:
  States() { stock(); }

  [[nodiscard]] std::string detail(const Json& problem) const {
    return problem.value("detail", std::string());
  }
  // Ids of a list that has applied everything up to now.
  [[nodiscard]] std::vector<std::string> listed(const std::string& path) const {
    const Json page =
        system_.get(path + "?min_position=" + std::to_string(system_.head()) + "&wait=10s");
    std::vector<std::string> ids;
    for (const auto& item : page.at("items")) ids.push_back(item.value("id", ""));
    return ids;
  }
  [[nodiscard]] int status_of(const std::string& target) const {
    return system_
        .ask("GET", target + "?min_position=" + std::to_string(system_.head()) + "&wait=10s")
        .status;
  }

  const std::string user_ = "/v1/users/" + std::string(kUser);
  const std::string product_ = "/v1/products/" + std::string(kProduct);
  const std::string order_ = "/v1/orders/" + std::string(kOrder);
};

TEST_F(States, ADeletedUserIsGoneForReadersAndItsEmailIsFree) {
  const auto answer = system_.ask("DELETE", user_, "", "If-Match: \"1\"\r\n");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("ETag"), "\"2\"");
  EXPECT_EQ(Json::parse(answer.body).value("version", 0), 2);
  EXPECT_EQ(status_of(user_), 404);
  EXPECT_EQ(system_.ask("GET", user_ + "?min_version=2&wait=10s").status, 404)
      << "a tombstone has reached the version, so there is nothing to wait for";
  EXPECT_TRUE(listed("/v1/users").empty());
  EXPECT_EQ(system_.ctl_json({"status"}).at("counts").value("users", -1), 0);
  post("/v1/users", R"({"email":"ann@example.com","name":"Another Ann"})", 201);
}

TEST_F(States, ADeletedUserStaysDeleted) {
  command("DELETE", user_, "", 200);
  const auto head = system_.head();
  EXPECT_NE(detail(command("DELETE", user_, "", 404)).find("was deleted"), std::string::npos);
  command("DELETE", user_, "", 404, "If-Match: \"1\"\r\n");
  command("PATCH", user_, R"({"name":"Ann"})", 404);
  command("POST", user_ + "/activate", "", 404);
  const Json problem =
      post("/v1/users",
           R"({"id":")" + std::string(kUser) + R"(","email":"new@example.com","name":"N"})", 409);
  EXPECT_EQ(problem.value("field", ""), "id");
  EXPECT_NE(detail(problem).find("was deleted"), std::string::npos) << problem;
  EXPECT_EQ(system_.head(), head);
}

TEST_F(States, AnOrderOutlivesItsUserAndProductsWithNullInTheirPlace) {
  command("DELETE", user_, "", 200);
  command("DELETE", product_, "", 200);
  const Json order = system_.get(order_ + "?min_position=5&wait=10s");
  EXPECT_TRUE(order.at("user").is_null());
  EXPECT_EQ(order.value("userId", ""), kUser);
  EXPECT_TRUE(order.at("items")[0].at("product").is_null());
  EXPECT_EQ(order.at("items")[0].value("productId", ""), kProduct);
  EXPECT_EQ(order.at("totalAmount").get<double>(), 52.05);
  const Json problem = post("/v1/orders", order_body(kUser, kProduct, "1"), 422);
  EXPECT_EQ(problem.value("field", ""), "userId");
}

TEST_F(States, DeactivationAndActivationAreSeenAndRepeatedOnesMakeNoEvent) {
  for (const auto& [path, target] : {std::pair{"/v1/users", user_}, {"/v1/products", product_}}) {
    SCOPED_TRACE(target);
    const std::string id = target.substr(target.rfind('/') + 1);
    EXPECT_EQ(command("POST", target + "/deactivate", "", 200).value("version", 0), 2);
    EXPECT_EQ(command("POST", target + "/deactivate", "{}", 200).value("version", 0), 2);
    EXPECT_FALSE(read(path, id, 2).value("isActive", true));
    EXPECT_EQ(
        command("POST", target + "/activate", "", 200, "If-Match: \"2\"\r\n").value("version", 0),
        3);
    EXPECT_EQ(command("POST", target + "/activate", "", 200).value("version", 0), 3);
    EXPECT_TRUE(read(path, id, 3).value("isActive", false));
  }
  EXPECT_EQ(system_.head(), 7);
}

TEST_F(States, AnInactiveProductIsNeitherOrderedNorRepriced) {
  command("POST", product_ + "/deactivate", "", 200);
  const Json repriced = command("PUT", product_ + "/price", R"({"price":20})", 409);
  EXPECT_EQ(repriced.value("code", ""), "version_conflict");
  EXPECT_NE(detail(repriced).find("activate it first"), std::string::npos) << repriced;
  const Json ordered = post("/v1/orders", order_body(kUser, kProduct, "1"), 422);
  EXPECT_EQ(ordered.value("field", ""), "items[0].productId");
  EXPECT_NE(detail(ordered).find("not active"), std::string::npos) << ordered;
  command("PATCH", product_, R"({"name":"Lamp, no longer sold"})", 200);
  command("POST", product_ + "/activate", "", 200);
  command("PUT", product_ + "/price", R"({"price":20})", 200);
  post("/v1/orders", order_body(kUser, kProduct, "1"), 201);
}

TEST_F(States, AnOrderGoesFromPendingToDelivered) {
  int version = 1;
  for (const auto& [verb, status] : {std::pair{"confirm", "CONFIRMED"},
                                     {"pay", "PAID"},
                                     {"ship", "SHIPPED"},
                                     {"deliver", "DELIVERED"}}) {
    const std::string target = order_ + "/" + verb;
    EXPECT_EQ(command("POST", target, "", 200).value("version", 0), ++version);
    EXPECT_EQ(command("POST", target, "", 200).value("version", 0), version) << "no event";
    EXPECT_EQ(read("/v1/orders", kOrder, version).value("status", ""), status);
  }
  const Json problem = command("POST", order_ + "/cancel", R"({"reason":"late"})", 409);
  EXPECT_EQ(problem.value("field", ""), "status");
  EXPECT_NE(detail(problem).find("DELIVERED"), std::string::npos) << problem;
}

TEST_F(States, AForbiddenStepNamesTheStatusAndWhatIsAllowed) {
  const Json problem = command("POST", order_ + "/ship", "", 409);
  EXPECT_EQ(detail(problem),
            "an order that is PENDING cannot become SHIPPED: it can become CONFIRMED or CANCELLED");
  EXPECT_EQ(system_.head(), 3);
}

TEST_F(States, AConfirmedOrderCanStillBeCancelledWithAReason) {
  command("POST", order_ + "/confirm", "", 200);
  command("POST", order_ + "/cancel", R"({"reason":"sold out"})", 200);
  const Json order = read("/v1/orders", kOrder, 3);
  EXPECT_EQ(order.value("status", ""), "CANCELLED");
  EXPECT_EQ(order.value("cancelReason", ""), "sold out");
}

TEST_F(States, AliasesTakeTheSameCommands) {
  const std::string order = "/order/" + std::string(kOrder);
  for (const char* verb : {"/confirm", "/pay", "/ship", "/deliver"}) {
    command("POST", order + verb, "", 200);
  }
  for (const auto& entity : {"/user/" + std::string(kUser), "/product/" + std::string(kProduct)}) {
    command("POST", entity + "/deactivate", "", 200);
    command("POST", entity + "/activate", "", 200);
    command("DELETE", entity, "", 200);
  }
  EXPECT_EQ(system_.head(), 3 + 4 + 6);
}

TEST_F(States, BareCommandsTakeNoFieldsAndObeyVersionsAndKeys) {
  EXPECT_EQ(command("DELETE", user_, R"({"force":true})", 422).value("field", ""), "force");
  command("DELETE", user_, "", 412, "If-Match: \"7\"\r\n");
  command("DELETE", user_ + "?expected_version=7", "", 409);
  const std::string key = "Idempotency-Key: once\r\n";
  const auto first = system_.ask("DELETE", user_, "", key);
  const auto second = system_.ask("DELETE", user_, "", key);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(system_.head(), 4);
}

TEST_F(States, ABatchKnowsEveryCommand) {
  const auto line = [](const std::string& name, const char* id) {
    return R"({"command":")" + name + R"(","id":")" + id + "\"}\n";
  };
  std::string body;
  for (const char* name : {"confirm_order", "pay_order", "ship_order", "deliver_order"}) {
    body += line(name, kOrder);
  }
  for (const char* verb : {"deactivate_", "activate_", "delete_"}) {
    body += line(verb + std::string("user"), kUser) + line(verb + std::string("product"), kProduct);
  }
  body += line("activate_user", kUser);
  const auto answer = system_.ask("POST", "/v1/commands:batch", body);
  ASSERT_EQ(answer.status, 200);
  std::istringstream lines(answer.body);
  std::vector<int> statuses;
  for (std::string text; std::getline(lines, text);) {
    statuses.push_back(Json::parse(text).value("status", 0));
  }
  std::vector<int> expected(10, 200);
  expected.push_back(404);
  EXPECT_EQ(statuses, expected) << answer.body;
}

TEST_F(States, TombstonesAreVerifiedAndReplayedLikeEverythingElse) {
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    const Json user =
        post("/v1/users", R"({"email":"u)" + n + R"(@example.com","name":"U)" + n + R"("})", 201);
    if (i % 2 == 0) command("DELETE", "/v1/users/" + user.value("id", ""), "", 200);
  }
  command("POST", order_ + "/confirm", "", 200);
  command("POST", order_ + "/pay", "", 200);
  command("DELETE", product_, "", 200);
  for (const char* mode : {"counts", "buckets", "deep", "order"}) {
    SCOPED_TRACE(mode);
    const Json verify = system_.ctl_json({"verify", "--mode", mode});
    EXPECT_EQ(verify.value("verdict", ""), "pass");
    expect_no_differences(verify);
  }
  EXPECT_EQ(system_.ctl_json({"verify"}).value("entities", 0), 23) << "tombstones count";
  const Json replay = system_.ctl_json({"replay", "--execute", "--switch"});
  EXPECT_EQ(replay.value("equal", false), true) << replay;
  EXPECT_EQ(replay.value("switched", false), true) << replay;
  EXPECT_EQ(listed("/v1/users").size(), 11U);
  EXPECT_EQ(status_of(product_), 404);
}

}  // namespace
}  // namespace cqrs::e2e
