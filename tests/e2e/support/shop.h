// A running system with one user, one product and one order of that product, for tests of the API.
#pragma once

#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs::e2e {

inline constexpr const char* kUser = "018cc251-f400-7000-8000-000000000001";
inline constexpr const char* kProduct = "018cc251-f400-7000-8000-000000000002";
inline constexpr const char* kOrder = "018cc251-f400-7000-8000-000000000003";
inline constexpr const char* kNobody = "018cc251-f400-7000-8000-00000000000f";

inline std::string order_body(const std::string& user, const std::string& product,
                              const std::string& quantity) {
  return R"({"userId":")" + user + R"(","items":[{"productId":")" + product + R"(","quantity":)" +
         quantity + "}]}";
}

class Shop : public testing::Test {
 protected:
  Shop() { system_.up(); }

  // Creates the three; 3 events.
  void stock() const {
    post("/v1/users",
         R"({"id":")" + std::string(kUser) + R"(","email":"ann@example.com","name":"Ann"})", 201);
    post("/v1/products", R"({"id":")" + std::string(kProduct) + R"(","name":"Lamp","price":17.35})",
         201);
    Json order = Json::parse(order_body(kUser, kProduct, "3"));
    order["id"] = kOrder;
    post("/v1/orders", order.dump(), 201);
  }

  // Expects this status and gives the body; every refusal must be a problem document.
  Json post(const std::string& target, const std::string& body, int status,
            const std::string& headers = "") const {
    return command("POST", target, body, status, headers);
  }
  Json command(const std::string& method, const std::string& target, const std::string& body,
               int status, const std::string& headers = "") const {
    const auto answer = system_.ask(method, target, body, headers);
    EXPECT_EQ(answer.status, status) << target << " " << body.substr(0, 200) << "\n"
                                     << answer.head << answer.body;
    const Json tree = Json::parse(answer.body, nullptr, false);
    EXPECT_TRUE(tree.is_object()) << answer.body;
    if (!tree.is_object()) return Json::object();
    if (answer.status >= 400) {
      EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
      expect_fields(tree, {"title", "status", "code", "detail"});
      EXPECT_EQ(tree.value("status", 0), answer.status);
    }
    return tree;
  }

  // Reads an entity as soon as it is there.
  [[nodiscard]] Json read(const std::string& path, const std::string& id, int version = 1) const {
    return system_.get(path + "/" + id + "?min_version=" + std::to_string(version) + "&wait=10s");
  }

  TestSystem system_;
};

}  // namespace cqrs::e2e
