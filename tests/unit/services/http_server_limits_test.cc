// What the server refuses and how: every refusal is readable by the client, comes after the answers
// of earlier requests, and ends the connection in order.
#include "tests/unit/services/server_fixture.h"

#include <gtest/gtest.h>

namespace cqrs::http {
namespace {

using std::chrono::milliseconds;

class HttpServerLimits : public HttpServerTest {
 protected:
  // Sends a good request with `bad` behind it.
  void expect_refusal(const std::string& bad, int status) {
    RawClient client(port());
    client.send(get("/echo/before") + bad);
    EXPECT_EQ(client.read().body, "before") << bad.substr(0, 80);
    const RawResponse refusal = client.read();
    EXPECT_EQ(refusal.status, status) << bad.substr(0, 80);
    EXPECT_EQ(refusal.header("Connection"), "close");
    EXPECT_EQ(refusal.header("Content-Type"), "application/problem+json");
    EXPECT_TRUE(client.closed_by_server());
  }
};

TEST_F(HttpServerLimits, MalformedRequestsAre400) {
  start();
  expect_refusal("garbage\r\n\r\n", 400);
  expect_refusal("GET /echo/%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400);
  expect_refusal("GET /echo/%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400);
  expect_refusal("GET /echo/a HTTP/1.1\r\n\r\n", 400);
  expect_refusal("GET /echo/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
  expect_refusal("GET /echo/a HTTP/1.1\r\nHost : a\r\n\r\n", 400);
  expect_refusal("POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400);
  expect_refusal("GET /echo/a JUNK/9\r\n\r\n", 400);
}

TEST_F(HttpServerLimits, AmbiguousFramingIsRefused) {
  start();
  const std::string line = "POST /body HTTP/1.1\r\nHost: t\r\n";
  const std::string rest = "\r\n0\r\n\r\n";
  expect_refusal(line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + rest, 400);
  expect_refusal(line + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + rest, 400);
  expect_refusal(line + "Content-Length: 5\r\nContent-Length: 6\r\n" + rest, 400);
  expect_refusal(line + "Transfer-Encoding: gzip\r\n" + rest, 501);
  expect_refusal(line + "Transfer-Encoding: chunked, identity\r\n" + rest, 501);
  expect_refusal(line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + rest, 400);
  expect_refusal("POST /body HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + rest, 400);
}

TEST_F(HttpServerLimits, OtherVersionsAre505AndOtherExpectationsAre417) {
  start();
  expect_refusal("GET /echo/a HTTP/2.0\r\nHost: t\r\n\r\n", 505);
  expect_refusal(post("/body", "x", "Expect: wonders\r\n"), 417);
}

TEST_F(HttpServerLimits, AHeaderOverTheLimitIs431InOnePieceAndInManyLines) {
  ServerOptions options;
  options.header_limit = 1024;
  start(options);
  expect_refusal(get("/echo/a", "X-Long: " + std::string(2000, 'x') + "\r\n"), 431);
  expect_refusal("GET /" + std::string(3000, 'x'), 431);
  // Every line is short; only their sum is too long. Line by line, so that each is taken at once.
  RawClient client(port());
  client.send("GET /echo/a HTTP/1.1\r\nHost: t\r\n");
  for (int i = 0; i < 60; ++i) client.send("X-Line: " + std::string(20, 'y') + "\r\n");
  EXPECT_EQ(client.read().status, 431);
}

TEST_F(HttpServerLimits, ABodyOverItsPathsLimitIs413BeforeItIsSent) {
  start();
  expect_refusal("POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n", 413);
  expect_refusal(post("/body", std::string(400'000, 'x')), 413);
  expect_refusal("POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n200\r\n" +
                     std::string(0x200, 'x') + "\r\n200\r\n" + std::string(0x200, 'x') +
                     "\r\n0\r\n\r\n",
                 413);
  RawClient client(port());
  EXPECT_EQ(client.ask(post("/body", std::string(1000, 'x'))).status, 200);
}

TEST_F(HttpServerLimits, AnExpectingClientLearnsOfTheLimitInsteadOfContinue) {
  start();
  expect_refusal(
      "POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n",
      413);
}

TEST_F(HttpServerLimits, ARequestThatNeverEndsIs408) {
  ServerOptions options;
  options.request_timeout = milliseconds{50};
  start(options);
  expect_refusal("POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf", 408);
  expect_refusal("GET /ec", 408);
}

TEST_F(HttpServerLimits, AnIdleConnectionIsClosedWithoutAWord) {
  ServerOptions options;
  options.idle_timeout = milliseconds{50};
  start(options);
  RawClient client(port());
  EXPECT_EQ(client.ask(get("/echo/a")).body, "a");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpServerLimits, AHeldAnswerOutlivesTheIdleTimeout) {
  ServerOptions options;
  options.idle_timeout = milliseconds{10};
  start(options);
  RawClient waiting(port());
  waiting.send(get("/held/a"));
  auto items = held_.take(1);
  RawClient idle(port());
  EXPECT_TRUE(idle.closed_by_server());  // so the time-out has been looked at meanwhile
  items[0].second(text_response("a"));
  EXPECT_EQ(waiting.read().body, "a");
}

TEST_F(HttpServerLimits, ConnectionsBeyondTheLimitAreTurnedAwayWith503) {
  ServerOptions options;
  options.connections_max = 1;
  start(options);
  RawClient first(port());
  EXPECT_EQ(first.ask(get("/echo/a")).status, 200);
  RawClient second(port());
  const RawResponse refusal = second.read();
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.header("Retry-After"), "1");
  EXPECT_TRUE(second.closed_by_server());
  EXPECT_EQ(first.ask(get("/echo/a")).status, 200);
}

TEST_F(HttpServerLimits, ASlowReaderPausesDispatchAndLosesNothing) {
  start();
  RawClient client(port());
  constexpr std::size_t kRequests = 100;
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i) requests += get("/large");
  client.send(requests);
  // 25 MiB of answers do not fit into a 1 MiB backlog and the socket buffers: dispatch must stop.
  ASSERT_TRUE(wait_until([](const ServerCounters& c) { return c.requests > 0; }));
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(client.read().body.size(), kLarge) << i;
    if (i == 0) {
      EXPECT_LT(server_->counters().requests, kRequests);
    }
  }
  EXPECT_EQ(server_->counters().requests, kRequests);
}

TEST_F(HttpServerLimits, AClientThatReadsNothingIsCutOff) {
  ServerOptions options;
  options.write_timeout = milliseconds{50};
  start(options);
  RawClient client(port());
  for (int i = 0; i < 100; ++i) client.send(get("/large"));
  EXPECT_TRUE(wait_until([](const ServerCounters& c) {
    return c.connections_accepted == 1 && c.connections_open == 0;
  }));
}

}  // namespace
}  // namespace cqrs::http
