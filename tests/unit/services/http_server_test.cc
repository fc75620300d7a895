// The server as its clients see it: order of answers, framing of requests, and the end of a server.
// Limits and refusals are in http_server_limits_test.cc.
#include "services/chassis/server.h"

#include "tests/unit/services/server_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace cqrs::http {
namespace {

TEST_F(HttpServerTest, AnswersComeInRequestOrderWhateverOrderAndThreadTheyAreGivenIn) {
  start();
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 32; ++i) requests += get("/held/" + std::to_string(i));
  client.send(requests);
  auto items = held_.take(32);
  ASSERT_EQ(items.size(), 32U);
  std::reverse(items.begin(), items.end());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&items, t] {
      for (std::size_t i = t; i < items.size(); i += 4) {
        items[i].second(text_response(items[i].first));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 32; ++i) EXPECT_EQ(client.read().body, std::to_string(i));
}

TEST_F(HttpServerTest, AnEarlyUnansweredRequestHoldsBackLaterAnswers) {
  start();
  RawClient client(port());
  client.send(get("/held/first") + get("/echo/second"));
  auto items = held_.take(1);
  ASSERT_TRUE(wait_until([](const ServerCounters& c) { return c.requests == 2; }));
  items[0].second(text_response("first"));
  EXPECT_EQ(client.read().body, "first");
  EXPECT_EQ(client.read().body, "second");
}

TEST_F(HttpServerTest, MoreRequestsInOnePacketThanThePipelineHoldsAreAllAnswered) {
  ServerOptions options;
  options.pipeline_max = 8;
  start(options);
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += get((i % 3 == 0 ? "/held/" : "/echo/") + std::to_string(i));
  }
  client.send(requests);
  std::set<std::string> released;
  for (int next = 0; next < 500; ++next) {
    const std::string name = std::to_string(next);
    while (next % 3 == 0 && !released.contains(name)) {
      auto items = held_.take(1);
      ASSERT_FALSE(items.empty());
      for (auto& [held, answer] : items) {
        answer(text_response(held));
        released.insert(held);
      }
    }
    ASSERT_EQ(client.read().body, name);
  }
  EXPECT_EQ(server_->counters().in_flight, 0U);
}

TEST_F(HttpServerTest, ARequestSplitIntoSingleBytesIsUnderstood) {
  start();
  RawClient client(port());
  const std::string body = "split";
  for (const char c : post("/body", body, "Content-Type: Text/Plain; charset=utf-8\r\n")) {
    ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_EQ(client.read().body, "text/plain|split");
}

TEST_F(HttpServerTest, ChunkedBodiesAreAcceptedAndTrailersDoNotActAsHeaders) {
  start();
  RawClient client(port());
  const std::string chunked =
      "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;note=x\r\ndefg\r\n0\r\nContent-Type: text/html\r\n\r\n";
  EXPECT_EQ(client.ask(chunked).body, "|abcdefg");
  for (const char c : chunked) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.read().body, "|abcdefg");
  EXPECT_EQ(client.ask(get("/echo/next")).body, "next");
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredAfterEarlierAnswersAndBeforeTheBody) {
  start();
  RawClient client(port());
  client.send(
      get("/held/a") +
      "POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  auto items = held_.take(1);
  items[0].second(text_response("a"));
  EXPECT_EQ(client.read().body, "a");
  EXPECT_EQ(client.read().status, 100);
  client.send("bo");
  client.send("dy");
  const RawResponse response = client.read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "|body");
}

TEST_F(HttpServerTest, HeadCarriesTheHeadersOfGetAndNoBody) {
  start();
  RawClient client(port());
  client.send("HEAD /echo/word HTTP/1.1\r\nHost: t\r\n\r\n");
  const RawResponse head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "4");
  EXPECT_EQ(client.ask(get("/echo/next")).body, "next");
}

TEST_F(HttpServerTest, UnknownPathIs404AndAKnownOneWithAnotherMethodIs405WithAllow) {
  start();
  RawClient client(port());
  const RawResponse missing = client.ask(get("/nowhere"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("Content-Type"), "application/problem+json");
  const RawResponse method = client.ask("DELETE /echo/x HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("Allow"), "GET, HEAD");
}

TEST_F(HttpServerTest, ConnectionCloseEndsTheConnectionAfterTheAnswer) {
  start();
  RawClient client(port());
  const RawResponse response = client.ask(get("/echo/a", "Connection: close\r\n") + get("/echo/b"));
  EXPECT_EQ(response.body, "a");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpServerTest, Http10ClosesUnlessKeepAliveIsAsked) {
  start();
  RawClient kept(port());
  const std::string line = "GET /echo/a HTTP/1.0\r\n";
  EXPECT_EQ(kept.ask(line + "Connection: keep-alive\r\n\r\n").header("Connection"), "keep-alive");
  EXPECT_EQ(kept.ask(line + "\r\n").header("Connection"), "close");
  EXPECT_TRUE(kept.closed_by_server());
}

TEST_F(HttpServerTest, AClientThatHasFinishedSendingStillGetsItsAnswers) {
  start();
  RawClient client(port());
  client.send(get("/held/a") + get("/echo/b"));
  client.finish_sending();
  auto items = held_.take(1);
  items[0].second(text_response("a"));
  EXPECT_EQ(client.read().body, "a");
  EXPECT_EQ(client.read().body, "b");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpServerTest, RequestIdIsEchoedWhenSaneAndMadeOtherwise) {
  start();
  RawClient client(port());
  const RawResponse echoed = client.ask(
      get("/ids", "X-Request-Id: a.b_c:d-9\r\nIdempotency-Key: k1\r\nIf-Match: \"3\"\r\n"));
  EXPECT_EQ(echoed.header("X-Request-Id"), "a.b_c:d-9");
  EXPECT_EQ(echoed.body, "a.b_c:d-9 k1 \"3\" local");
  EXPECT_EQ(echoed.header("X-Content-Type-Options"), "nosniff");
  const RawResponse made = client.ask(get("/ids", "X-Request-Id: not sane\r\n"));
  EXPECT_EQ(made.header("X-Request-Id").size(), 16U);
  EXPECT_EQ(made.header("X-Request-Id"), made.body.substr(0, 16));
}

TEST_F(HttpServerTest, ADroppedResponderAndAThrowingHandlerAnswer500) {
  start();
  RawClient client(port());
  client.send(get("/dropped") + get("/throws") + get("/held/x"));
  EXPECT_EQ(client.read().status, 500);
  EXPECT_EQ(client.read().status, 500);
  held_.take(1).clear();  // dropped on this thread
  EXPECT_EQ(client.read().status, 500);
  EXPECT_EQ(server_->counters().in_flight, 0U);
}

TEST_F(HttpServerTest, AddressInUseIsNamedWithTheWayOut) {
  start();
  ServerOptions options;
  options.port = port();
  const auto second = start_server(options, router_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(port())), std::string::npos);
  EXPECT_NE(second.error().message.find("another --listen"), std::string::npos);
  options.address = "no-address";
  EXPECT_EQ(start_server(options, router_).error().code, ErrorCode::kInvalid);
}

TEST_F(HttpServerTest, ShutdownAnswersEveryAcceptedRequestAndSaysClose) {
  start();
  RawClient client(port());
  RawClient idle(port());
  client.send(get("/held/a") + get("/held/b") + "GET /held/half HTT");
  auto items = held_.take(2);
  ASSERT_EQ(items.size(), 2U);
  ASSERT_TRUE(wait_until([](const ServerCounters& c) { return c.connections_open == 2; }));
  std::thread stopping([this] { server_->shutdown(std::chrono::seconds{10}); });
  EXPECT_TRUE(idle.closed_by_server());  // so the shutdown has begun
  items[1].second(text_response("b"));
  items[0].second(text_response("a"));
  EXPECT_EQ(client.read().header("Connection"), "");
  const RawResponse last = client.read();
  EXPECT_EQ(last.body, "b");
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
  stopping.join();
  EXPECT_EQ(server_->counters().connections_open, 0U);
  EXPECT_FALSE(RawClient(port()).connected());
}

TEST_F(HttpServerTest, ShutdownWithoutPatienceLeavesLateAnswersHarmless) {
  start();
  RawClient client(port());
  client.send(get("/held/a"));
  auto items = held_.take(1);
  ASSERT_EQ(items.size(), 1U);
  server_.reset();
  items[0].second(text_response("too late"));
  EXPECT_EQ(client.read().status, 0);
}

// The time-outs are looked at every 20 ms while it stops: it must end although that look is due at
// the very moment when its patience is over. Repeated, because nobody can order that moment.
TEST_F(HttpServerTest, ShutdownEndsAlthoughALookAtTheTimeOutsIsDueAtThatMoment) {
  for (int round = 0; round < 200; ++round) {
    start();
    RawClient client(port());
    client.send(get("/held/a"));
    auto items = held_.take(1);
    ASSERT_EQ(items.size(), 1U);
    server_->shutdown(std::chrono::milliseconds{20});
    items[0].second(text_response("too late"));
  }
}

}  // namespace
}  // namespace cqrs::http
