// Commands over HTTP: conflicts, versions, idempotency, batches.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

using Commands = Shop;

std::vector<Json> lines_of(const std::string& body) {
  std::vector<Json> lines;
  std::istringstream text(body);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(Json::parse(line, nullptr, false));
  }
  return lines;
}

TEST_F(Commands, AnAnswerCarriesVersionPositionAndLocation) {
  const auto answer =
      system_.ask("POST", "/v1/users", R"({"email":"ann@example.com","name":"Ann"})");
  ASSERT_EQ(answer.status, 201);
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(answer.header("ETag"), "\"1\"");
  EXPECT_EQ(answer.header("CQRS-Position"), "1");
  EXPECT_EQ(answer.header("Location"), "/v1/users/" + body.value("id", ""));
  EXPECT_EQ(body.value("version", 0), 1);
  EXPECT_EQ(body.value("position", 0), 1);
}

TEST_F(Commands, AnEmailThatIsTakenIs409WhateverItsCase) {
  stock();
  for (const char* email : {"ann@example.com", "ANN@Example.COM"}) {
    const Json problem =
        post("/v1/users", R"({"name":"A","email":")" + std::string(email) + R"("})", 409);
    EXPECT_EQ(problem.value("field", ""), "email");
  }
  EXPECT_EQ(system_.head(), 3);
}

TEST_F(Commands, AnIdThatIsTakenIs409) {
  stock();
  const std::string id(kUser);
  post("/v1/users", R"({"id":")" + id + R"(","email":"other@example.com","name":"O"})", 409);
}

TEST_F(Commands, AStaleIfMatchIs412AndAStaleExpectedVersion409) {
  stock();
  const std::string user = "/v1/users/" + std::string(kUser);
  command("PATCH", user, R"({"name":"Anna"})", 412, "If-Match: \"7\"\r\n");
  command("PATCH", user + "?expected_version=7", R"({"name":"Anna"})", 409);
  EXPECT_EQ(system_.head(), 3);
  EXPECT_EQ(
      command("PATCH", user, R"({"name":"Anna"})", 200, "If-Match: \"1\"\r\n").value("version", 0),
      2);
  // The one that came first has made the other stale.
  command("PATCH", user, R"({"name":"Anne"})", 412, "If-Match: \"1\"\r\n");
  EXPECT_EQ(
      command("PATCH", user + "?expected_version=2", R"({"name":"Anne"})", 200).value("version", 0),
      3);
  EXPECT_EQ(read("/v1/users", kUser, 3).value("name", ""), "Anne");
}

TEST_F(Commands, TheEtagOfAReadServesAsIfMatch) {
  stock();
  const std::string target = "/v1/products/" + std::string(kProduct);
  const auto seen = system_.ask("GET", target + "?min_version=1&wait=10s");
  command("PUT", target + "/price", R"({"price":18})", 200,
          "If-Match: " + seen.header("ETag") + "\r\n");
  command("PUT", target + "/price", R"({"price":19})", 412,
          "If-Match: " + seen.header("ETag") + "\r\n");
}

TEST_F(Commands, ARepeatedIdempotencyKeyIsAnsweredAsBefore) {
  const std::string body = R"({"email":"ann@example.com","name":"Ann"})";
  const auto first = system_.ask("POST", "/v1/users", body, "Idempotency-Key: k-1\r\n");
  const auto second = system_.ask("POST", "/v1/users", body, "Idempotency-Key: k-1\r\n");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(system_.head(), 1);
}

TEST_F(Commands, AnIdempotencyKeySurvivesARestart) {
  const std::string body = R"({"email":"ann@example.com","name":"Ann"})";
  const auto first = system_.ask("POST", "/v1/users", body, "Idempotency-Key: k-1\r\n");
  system_.kill_service();
  system_.up();
  const auto second = system_.ask("POST", "/v1/users", body, "Idempotency-Key: k-1\r\n");
  EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(second.body, first.body);
}

TEST_F(Commands, AnIdempotencyKeyWithAnotherBodyIs409) {
  post("/v1/users", R"({"email":"ann@example.com","name":"Ann"})", 201, "Idempotency-Key: k-1\r\n");
  const Json problem = post("/v1/users", R"({"email":"bob@example.com","name":"Bob"})", 409,
                            "Idempotency-Key: k-1\r\n");
  EXPECT_EQ(problem.value("field", ""), "Idempotency-Key");
  EXPECT_EQ(system_.head(), 1);
}

TEST_F(Commands, ARejectedCommandDoesNotUseUpItsKey) {
  post("/v1/users", R"({"email":"no address","name":"Ann"})", 422, "Idempotency-Key: k-1\r\n");
  post("/v1/users", R"({"email":"ann@example.com","name":"Ann"})", 201, "Idempotency-Key: k-1\r\n");
}

TEST_F(Commands, AnOrderIsConfirmedOrCancelledButNotBoth) {
  stock();
  const std::string order = "/v1/orders/" + std::string(kOrder);
  command("POST", order + "/cancel", R"({"reason":"changed my mind"})", 200);
  command("POST", order + "/confirm", "", 409);
  const Json seen = read("/v1/orders", kOrder, 2);
  EXPECT_EQ(seen.value("status", ""), "CANCELLED");
  EXPECT_EQ(seen.value("cancelReason", ""), "changed my mind");
}

TEST_F(Commands, WhatDoesNotExistCannotBeChanged) {
  command("PATCH", "/v1/users/" + std::string(kNobody), R"({"name":"N"})", 404);
  command("POST", "/v1/orders/" + std::string(kNobody) + "/confirm", "", 404);
  command("PATCH", "/v1/users/not-an-id", R"({"name":"N"})", 422);
}

TEST_F(Commands, EachLineOfABatchHasItsOwnOutcomeInOrder) {
  const auto answer =
      system_.ask("POST", "/v1/commands:batch",
                  R"({"command":"create_user","data":{"email":"a@example.com","name":"A"}})"
                  "\nnot json\n"
                  R"({"command":"create_product","data":{"name":"Lamp","price":-4}})"
                  "\n\n"
                  R"({"command":"fly"})"
                  "\r\n"
                  R"({"command":"create_user","data":{"email":"a@example.com","name":"A"}})"
                  "\n"
                  R"({"command":"update_user","data":{"name":"B"}})"
                  "\n"
                  R"({"command":"create_product","data":{"name":"Lamp","price":4}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/x-ndjson");
  const auto lines = lines_of(answer.body);
  ASSERT_EQ(lines.size(), 7U) << answer.body;
  const std::vector<int> expected{201, 400, 422, 422, 409, 422, 201};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].value("status", 0), expected[i]) << i << ": " << lines[i];
    EXPECT_EQ(lines[i].contains("error"), expected[i] >= 400) << lines[i];
  }
  EXPECT_EQ(lines[2].at("error").value("field", ""), "price");
  EXPECT_EQ(lines[4].at("error").value("field", ""), "email");
  EXPECT_EQ(system_.head(), 2);
}

TEST_F(Commands, ABatchOfSeveralMegabytesIsCarriedOut) {
  std::string body;
  const Json data{{"name", "Lamp"}, {"description", std::string(400, 'd')}, {"price", 4}};
  const std::string line = Json{{"command", "create_product"}, {"data", data}}.dump() + "\n";
  constexpr int kLines = 6'000;  // about 3 MB
  for (int i = 0; i < kLines; ++i) body += line;
  const auto answer = system_.ask("POST", "/v1/commands:batch", body);
  EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 300);
  EXPECT_EQ(system_.head(), kLines);
}

TEST_F(Commands, ABatchThatIsCutOffLeavesNothingDone) {
  std::string body;
  for (int i = 0; i < 20; ++i) {
    body += R"({"command":"create_product","data":{"name":"Lamp","price":4}})"
            "\n";
  }
  http::RawClient client(system_.port());
  client.send("POST /v1/commands:batch HTTP/1.1\r\nHost: test\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, body.size() / 2));
  client.finish_sending();
  // It may say why, but it must have ended the matter by the time it closes.
  (void)client.read();
  EXPECT_TRUE(client.closed_by_server());
  stock();
  EXPECT_EQ(system_.head(), 3) << "only what came afterwards is there";
}

}  // namespace
}  // namespace cqrs::e2e
