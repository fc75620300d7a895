// What the API accepts as a body, and how it refuses the rest: malformed, oversized, out of range.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs::e2e {
namespace {

using Bodies = Shop;

std::string product_at(const std::string& price) {
  return R"({"name":"Lamp","price":)" + price + "}";
}

TEST_F(Bodies, MalformedJsonIs400) {
  for (const char* body :
       {R"({"email":)", R"({"email":"a@example.com","name":"A"} x)", "[1,2", "{'email':1}", "nul",
        R"({"email":"a@example.com","email":"b@example.com","name":"A"})",
        "{\"email\":\"a@example.com\",\"name\":\"A\nB\"}"}) {
    const Json problem = post("/v1/users", body, 400);
    EXPECT_NE(problem.value("detail", "").find("malformed JSON"), std::string::npos) << problem;
  }
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Bodies, WhatIsNoObjectIsRefused) {
  for (const char* body : {"[]", "null", "3", "\"text\""}) {
    const auto answer = system_.ask("POST", "/v1/users", body);
    EXPECT_EQ(answer.status, 422) << body << answer.body;
  }
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Bodies, DeepNestingIs400AndHurtsNobody) {
  const std::string deep = std::string(20'000, '[') + std::string(20'000, ']');
  post("/v1/users", deep, 400);
  std::string objects;
  for (int i = 0; i < 5'000; ++i) objects += R"({"a":)";
  post("/v1/users", objects + "1" + std::string(5'000, '}'), 400);
  EXPECT_EQ(system_.ask("GET", "/livez").status, 200);
}

TEST_F(Bodies, ATooLargeBodyIs413NamingTheLimit) {
  for (const std::size_t size : {std::size_t{70'000}, std::size_t{10'000'000}}) {
    const Json problem = post("/v1/users", std::string(size, 'a'), 413);
    EXPECT_NE(problem.value("detail", "").find("limit of 65536 bytes"), std::string::npos)
        << size << " bytes: " << problem;
  }
  EXPECT_EQ(system_.ask("GET", "/livez").status, 200);
}

TEST_F(Bodies, InvalidUtf8Is400) {
  for (const char* name :
       {"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "A\xe2\x82"}) {
    post("/v1/users", R"({"email":"a@example.com","name":")" + std::string(name) + R"("})", 400);
  }
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Bodies, TextOfEveryLanguageIsReadBackAsSent) {
  const std::string name = "Zo\u00eb \u4e16\u754c \U0001F600 \"q\" \\ /";
  const Json body{{"email", "zoe@example.com"}, {"name", name}};
  const Json created = post("/v1/users", body.dump(), 201);
  EXPECT_EQ(read("/v1/users", created.value("id", "")).value("name", ""), name);
}

TEST_F(Bodies, PricesAreExact) {
  const std::pair<const char*, const char*> prices[] = {{"17.35", "17.35"},
                                                        {"0.1", "0.10"},
                                                        {"20", "20.00"},
                                                        {"1.735e1", "17.35"},
                                                        {"0", "0.00"},
                                                        {"17.350", "17.35"},
                                                        {"1e-2", "0.01"},
                                                        {"1000000000", "1000000000.00"},
                                                        {"999999999.99", "999999999.99"}};
  for (const auto& [sent, kept] : prices) {
    SCOPED_TRACE(sent);
    const std::string id = post("/v1/products", product_at(sent), 201).value("id", "");
    const auto answer = system_.ask("GET", "/v1/products/" + id + "?min_version=1&wait=10s");
    // In the text itself: a number that went through a double would compare equal.
    EXPECT_NE(answer.body.find("\"price\":" + std::string(kept) + ","), std::string::npos)
        << answer.body;
  }
}

TEST_F(Bodies, PricesThatCannotBeKeptAre422NamingThePrice) {
  for (const char* price : {"17.355", "1e308", "-1", "-0.01", "\"17.35\"", "null", "true", "[]",
                            "1000000000.01", "0.001"}) {
    EXPECT_EQ(post("/v1/products", product_at(price), 422).value("field", ""), "price") << price;
  }
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Bodies, ANumberBeyondEveryRangeIsRefused) {
  for (const char* price : {"1e400", "-1e400", "1e99999999999"}) {
    const int status = system_.ask("POST", "/v1/products", product_at(price)).status;
    EXPECT_TRUE(status == 400 || status == 422) << price << ": " << status;
  }
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Bodies, UnknownFieldsAre422NamingTheField) {
  EXPECT_EQ(
      post("/v1/products", R"({"name":"Lamp","price":1,"colour":"red"})", 422).value("field", ""),
      "colour");
  // What the server decides is not for the client to set.
  EXPECT_EQ(post("/v1/users", R"({"email":"a@example.com","name":"A","role":"admin"})", 422)
                .value("field", ""),
            "role");
}

TEST_F(Bodies, MissingFieldsAre422NamingTheField) {
  EXPECT_EQ(post("/v1/users", R"({"name":"A"})", 422).value("field", ""), "email");
  EXPECT_EQ(post("/v1/users", R"({"email":"a@example.com"})", 422).value("field", ""), "name");
  EXPECT_EQ(post("/v1/products", R"({"name":"Lamp"})", 422).value("field", ""), "price");
  EXPECT_EQ(post("/v1/orders", R"({"items":[]})", 422).value("field", ""), "userId");
}

TEST_F(Bodies, QuantitiesOutOfRangeAre422NamingTheLine) {
  stock();
  for (const char* quantity : {"-1", "0", "10001", "1.5", "\"2\"", "99999999999999999999"}) {
    const Json problem = post("/v1/orders", order_body(kUser, kProduct, quantity), 422);
    EXPECT_EQ(problem.value("field", ""), "items[0].quantity") << quantity;
  }
  EXPECT_EQ(system_.head(), 3);
}

TEST_F(Bodies, AnOrderNamesItsUnknownUserOrProduct) {
  stock();
  const Json no_user = post("/v1/orders", order_body(kNobody, kProduct, "1"), 422);
  EXPECT_EQ(no_user.value("field", ""), "userId");
  EXPECT_NE(no_user.value("detail", "").find(kNobody), std::string::npos) << no_user;
  const Json no_product = post("/v1/orders", order_body(kUser, kNobody, "1"), 422);
  EXPECT_EQ(no_product.value("field", ""), "items[0].productId");
  EXPECT_NE(no_product.value("detail", "").find(kNobody), std::string::npos) << no_product;
  // An id of another kind is no product either.
  post("/v1/orders", order_body(kUser, kUser, "1"), 422);
  EXPECT_EQ(system_.head(), 3);
}

TEST_F(Bodies, AnyAcceptedStatedPriceSurvivesVerification) {
  stock();
  for (const char* price : {"52.05", "2000000000"}) {
    Json order = Json::parse(order_body(kUser, kProduct, "3"));
    std::string body = order.dump();
    body.insert(body.size() - 1, std::string(",\"price\":") + price);
    const auto answer = system_.ask("POST", "/order", body);
    EXPECT_TRUE(answer.status == 201 || answer.status == 422) << answer.body;
  }
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

}  // namespace
}  // namespace cqrs::e2e
