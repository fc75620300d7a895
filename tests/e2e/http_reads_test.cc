// Reads over HTTP: consistency tokens, pages, joined orders; and the routes that are no commands.
#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace cqrs::e2e {
namespace {

using Reads = Shop;

TEST_F(Reads, ACommandIsSeenByAReadThatAsksForItsVersion) {
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    const Json created =
        post("/v1/users", R"({"name":"A","email":"a)" + number + R"(@example.com"})", 201);
    EXPECT_EQ(read("/v1/users", created.value("id", "")).value("email", ""),
              "a" + number + "@example.com");
  }
}

TEST_F(Reads, AVersionThatDoesNotComeIs504NamingTheLag) {
  stock();
  const Json problem =
      command("GET", "/v1/users/" + std::string(kUser) + "?min_version=9&wait=100ms", "", 504);
  EXPECT_NE(problem.value("detail", "").find("version 9"), std::string::npos) << problem;
  EXPECT_NE(problem.value("detail", "").find("lag 0"), std::string::npos) << problem;
}

TEST_F(Reads, AWaitingReadIsAnsweredAsSoonAsTheVersionComes) {
  stock();
  http::RawClient waiting(system_.port());
  waiting.send(http::get("/v1/users/" + std::string(kUser) + "?min_version=2&wait=20s"));
  command("PATCH", "/v1/users/" + std::string(kUser), R"({"name":"Anna"})", 200);
  const auto answer = waiting.read();  // gives up after 10 s, half of the wait
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.body.find("Anna"), std::string::npos) << answer.body;
}

TEST_F(Reads, AListThatAsksForAPositionHasIt) {
  stock();
  EXPECT_EQ(system_.get("/v1/orders?min_position=3&wait=10s").at("items").size(), 1U);
  command("GET", "/v1/orders?min_position=4&wait=50ms", "", 504);
}

TEST_F(Reads, BadParametersAre422NamingTheParameter) {
  for (const auto& [query, field] : {std::pair{"limit=0", "limit"},
                                     {"limit=100000", "limit"},
                                     {"limit=x", "limit"},
                                     {"cursor=nonsense", "cursor"},
                                     {"min_position=-1", "min_position"},
                                     {"wait=1h", "wait"},
                                     {"wait=2", "wait"}}) {
    EXPECT_EQ(command("GET", std::string("/v1/users?") + query, "", 422).value("field", ""), field);
  }
}

TEST_F(Reads, PagesTogetherHoldEveryEntityOnce) {
  constexpr int kEntities = 205;
  std::string batch;
  for (int i = 0; i < kEntities; ++i) {
    batch += R"({"command":"create_product","data":{"name":"Lamp","price":4}})"
             "\n";
  }
  ASSERT_EQ(system_.ask("POST", "/v1/commands:batch", batch).status, 200);
  for (const int limit : {1, 7, 41, 50, 200}) {
    SCOPED_TRACE(limit);
    std::multiset<std::string> seen;
    std::string cursor;
    do {
      const Json page =
          system_.get("/v1/products?limit=" + std::to_string(limit) + "&min_position=205&wait=10s" +
                      (cursor.empty() ? "" : "&cursor=" + cursor));
      ASSERT_TRUE(page.contains("items"));
      EXPECT_LE(page.at("items").size(), static_cast<std::size_t>(limit));
      for (const auto& item : page.at("items")) seen.insert(item.value("id", ""));
      cursor = page.at("nextCursor").is_null() ? "" : page.value("nextCursor", "");
    } while (!cursor.empty() && seen.size() <= kEntities);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kEntities));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  }
}

TEST_F(Reads, AnOrderComesWithItsUserAndProducts) {
  stock();
  const Json order = read("/v1/orders", kOrder);
  EXPECT_EQ(order.at("user").value("email", ""), "ann@example.com") << order;
  ASSERT_EQ(order.at("items").size(), 1U);
  const Json& line = order.at("items").front();
  EXPECT_EQ(line.at("product").value("name", ""), "Lamp") << order;
  EXPECT_EQ(line.value("quantity", 0), 3);
  EXPECT_DOUBLE_EQ(order.value("totalAmount", 0.0), 52.05);
}

TEST_F(Reads, AnOrderCanBeReadWithoutThem) {
  stock();
  const Json order =
      system_.get("/v1/orders/" + std::string(kOrder) + "?expand=none&min_version=1&wait=10s");
  EXPECT_FALSE(order.contains("user")) << order;
  EXPECT_EQ(order.value("userId", ""), kUser);
}

TEST_F(Reads, AnOrderKeepsThePriceOfItsDay) {
  stock();
  command("PUT", "/v1/products/" + std::string(kProduct) + "/price", R"({"price":99})", 200);
  (void)read("/v1/products", kProduct, 2);
  const Json order = read("/v1/orders", kOrder);
  EXPECT_DOUBLE_EQ(order.at("items").front().value("unitPrice", 0.0), 17.35);
  EXPECT_DOUBLE_EQ(order.at("items").front().at("product").value("price", 0.0), 99.0);
}

TEST_F(Reads, AnUnchangedEntityIs304) {
  stock();
  const std::string target = "/v1/users/" + std::string(kUser) + "?min_version=1&wait=10s";
  const auto first = system_.ask("GET", target);
  const auto second =
      system_.ask("GET", target, "", "If-None-Match: " + first.header("ETag") + "\r\n");
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
}

TEST_F(Reads, HeadIsAGetWithoutTheBody) {
  stock();
  const std::string target = "/v1/users/" + std::string(kUser) + "?min_version=1&wait=10s";
  const auto get = system_.ask("GET", target);
  const auto head = system_.ask("HEAD", target);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), get.header("Content-Length"));
  EXPECT_EQ(head.header("ETag"), get.header("ETag"));
}

TEST_F(Reads, UnknownPathsAndIdsAre404) {
  command("GET", "/v1/nothing", "", 404);
  command("GET", "/v1/users/" + std::string(kNobody), "", 404);
  command("GET", "/v1/users/not-an-id", "", 422);
}

TEST_F(Reads, AWrongMethodIs405SayingWhichAreRight) {
  const auto answer = system_.ask("DELETE", "/v1/users");
  EXPECT_EQ(answer.status, 405);
  for (const char* method : {"GET", "HEAD", "POST"}) {
    EXPECT_NE(answer.header("Allow").find(method), std::string::npos) << answer.head;
  }
}

TEST_F(Reads, HealthRoutesAnswer) {
  for (const char* path : {"/livez", "/readyz", "/healthz"}) {
    EXPECT_EQ(system_.get(path).value("status", ""), "ok") << path;
  }
}

TEST_F(Reads, MetricsCountWhatHappened) {
  stock();
  const auto metrics = system_.ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("# TYPE cqrs_"), std::string::npos);
  EXPECT_NE(metrics.body.find("\ncqrs_head_position 3\n"), std::string::npos) << metrics.body;
  EXPECT_NE(metrics.body.find("command=\"create_order\",outcome=\"ok\"} 1"), std::string::npos)
      << metrics.body;
}

TEST_F(Reads, SyncStatusReachesTheHead) {
  stock();
  EXPECT_TRUE(wait_until([&] {
    const Json sync = system_.get("/v1/sync-status");
    return sync.value("isCaughtUp", false) && sync.value("appliedPosition", 0) == 3 &&
           sync.at("lag").value("records", -1) == 0;
  }));
}

TEST_F(Reads, PipelinedRequestsAreAnsweredInOrder) {
  stock();
  http::RawClient client(system_.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += http::post("/v1/products", R"({"name":"Lamp","price":1})");
    requests += http::get("/livez");
    requests += http::post("/v1/products", R"({"name":"Lamp","price":-1})");
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.read().status, 201);
    EXPECT_EQ(client.read().status, 200);
    EXPECT_EQ(client.read().status, 422);
  }
  EXPECT_EQ(system_.head(), 23);
}

TEST_F(Reads, BytesThatAreNoHttpAreRefusedAndTheServiceGoesOn) {
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n"), std::string(300, '\0'),
        std::string("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n"),
        std::string("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n")}) {
    http::RawClient client(system_.port());
    client.send(bytes);
    client.finish_sending();
    const int status = client.read().status;
    EXPECT_TRUE(status == 0 || (status >= 400 && status < 600)) << status;
  }
  EXPECT_EQ(system_.ask("GET", "/livez").status, 200);
}

}  // namespace
}  // namespace cqrs::e2e
