// The load client against a real server: every request is reported exactly once, and as unknown
// exactly when it may have been executed.
#include "cli/load/pipeline_client.h"

#include "tests/unit/cli/client_source.h"

#include <gtest/gtest.h>

#include <thread>

namespace cqrs::load {
namespace {

using http::Method;
using http::PathValues;
using http::Request;
using http::Responder;
using http::text_response;
using std::chrono::milliseconds;

TEST_F(PipelineClient, EveryRequestIsAnsweredWithItsOwnAnswer) {
  start();
  Source source(5000);
  ASSERT_TRUE(run_client(options(4, 64), source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 5000U);
  EXPECT_EQ(source.wrong, 0U);
}

TEST_F(PipelineClient, HeadersThatTheLoadNeedsAreHandedOver) {
  router_.add(Method::kGet, "/tagged/{tag}", [](Request&&, PathValues&& path, Responder&& answer) {
    http::Response response = text_response(path[0]);
    response.status = 201;
    response.headers = {{"ETag", "\"42\""}, {"Idempotent-Replayed", "true"}};
    answer(std::move(response));
  });
  start();
  Source source(1, "/tagged/");
  std::string seen;
  source.on_answer = [&](const Answer& answer) {
    seen = std::to_string(answer.status) + " " + std::string(answer.etag) + " " +
           std::string(answer.content_type) + (answer.replayed ? " replayed" : "");
  };
  ASSERT_TRUE(run_client(options(1, 8), source.callbacks(), stop_).ok());
  EXPECT_EQ(seen, "201 42 text/plain replayed");
}

TEST_F(PipelineClient, RequestsBehindAClosingAnswerAreUnknownAndTheRestGoesOn) {
  std::atomic<int> served{0};
  router_.add(Method::kGet, "/flaky/{tag}", [&](Request&&, PathValues&& path, Responder&& answer) {
    http::Response response = text_response(path[0]);
    // The server keeps reading; for the client this answer is the last one of its connection.
    if (++served % 50 == 0) response.headers.emplace_back("Connection", "close");
    answer(std::move(response));
  });
  start();
  Source source(500, "/flaky/");
  ASSERT_TRUE(run_client(options(1, 16), source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.wrong, 0U);
  EXPECT_GT(source.transports[Transport::kUnknown], 0U);
  EXPECT_GT(source.transports[Transport::kAnswered], 300U);
  EXPECT_EQ(source.transports[Transport::kRefused], 0U);
}

TEST_F(PipelineClient, WhatWasInFlightWhenTheServerDiesIsUnknown) {
  start();
  Source source(16, "/held/");
  source.more = true;
  source.on_answer = [&](const Answer&) { source.more = false; };
  ClientOptions client = options(2, 8);
  std::thread running([&] { ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok()); });
  std::vector<std::pair<std::string, Responder>> items;
  while (items.size() < 16) {
    for (auto& item : held_.take(1)) items.push_back(std::move(item));
  }
  server_->shutdown(milliseconds{0});
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 16U);
}

TEST_F(PipelineClient, ATimeOutDropsTheConnectionAndReportsEachOnce) {
  start();
  Source source(10, "/held/");
  ClientOptions client = options(1, 10);
  client.timeout = milliseconds{50};
  ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kTimeout], 10U);
}

TEST_F(PipelineClient, StopReportsWhatIsInFlightAsUnknown) {
  start();
  Source source(1'000'000'000, "/held/");
  ClientOptions client = options(1, 4);
  std::thread running([&] { ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok()); });
  std::vector<std::pair<std::string, Responder>> items;
  while (items.size() < 4) {
    for (auto& item : held_.take(1)) items.push_back(std::move(item));
  }
  stop_ = true;
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 4U);
}

TEST_F(PipelineClient, ARestartedServerIsFoundAgainAndNothingUnsentIsLost) {
  start();
  http::ServerOptions same;
  same.port = port();
  ClientOptions client = options(2, 8);
  Source source(2000);
  bool restarted = false;
  source.on_answer = [&](const Answer& answer) {
    if (restarted || answer.tag < 500) return;
    restarted = true;
    server_->shutdown(milliseconds{0});
    start(same);
  };
  ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.reports.size(), 2000U);
  EXPECT_EQ(source.transports[Transport::kRefused], 0U);
  EXPECT_LE(source.transports[Transport::kUnknown], 16U);
}

TEST_F(PipelineClient, ARunAgainstADeadServerEndsWithRefusals) {
  start();
  ClientOptions client = options(1, 4);
  client.timeout = milliseconds{100};
  Source source(16);
  source.on_answer = [&](const Answer& answer) {
    if (answer.tag == 3) server_->shutdown(milliseconds{0});
  };
  ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.reports.size(), 16U);
  EXPECT_GT(source.transports[Transport::kRefused], 0U);
}

TEST_F(PipelineClient, NoServerAtTheStartIsAnErrorThatNamesIt) {
  start();
  const ClientOptions client = options(3, 8);
  server_->shutdown(milliseconds{0});
  Source source(1);
  const Status status = run_client(client, source.callbacks(), stop_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(status.error().message.find(std::to_string(client.endpoint.port)), std::string::npos);
  EXPECT_EQ(source.sent, 0U);
}

TEST(Endpoint, FormsAreParsedAndPathsRefused) {
  const auto plain = parse_endpoint("http://127.0.0.1:8080");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(parse_endpoint("http://localhost")->port, 80);
  EXPECT_EQ(parse_endpoint("http://[::1]:90")->host, "::1");
  EXPECT_FALSE(plain->tls);
  EXPECT_TRUE(parse_endpoint("https://localhost")->tls);
  EXPECT_EQ(parse_endpoint("https://localhost")->port, 443);
  EXPECT_EQ(parse_endpoint("https://localhost:8443")->port, 8443);
  for (const char* bad : {"127.0.0.1:80", "ftp://a:1", "https://", "http://", "http://:80",
                          "http://a:0", "http://a:65536", "http://a:x",
                          "http://a:", "http://a:1/path", "http://[::1", "http://u@a:1"}) {
    EXPECT_EQ(parse_endpoint(bad).ok(), false) << bad;
  }
}

TEST_F(PipelineClient, FetchReturnsStatusBodyAndEtag) {
  start();
  const Endpoint endpoint{"127.0.0.1", port()};
  const auto found = fetch(endpoint, "GET", "/echo/hello", "", milliseconds{5000});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->status, 200);
  EXPECT_EQ(found->body, "hello");
  const auto large = fetch(endpoint, "GET", "/large", "", milliseconds{5000});
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->body.size(), kLarge);
  EXPECT_EQ(fetch(endpoint, "POST", "/body", "{}", milliseconds{5000})->body,
            "application/json|{}");
  EXPECT_EQ(fetch(endpoint, "HEAD", "/large", "", milliseconds{5000})->status, 200);
}

TEST_F(PipelineClient, FetchNamesTheServerThatIsLateOrAbsent) {
  start();
  const Endpoint endpoint{"127.0.0.1", port()};
  const auto late = fetch(endpoint, "GET", "/held/x", "", milliseconds{50});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  server_->shutdown(milliseconds{0});
  const auto absent = fetch(endpoint, "GET", "/echo/x", "", milliseconds{5000});
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(absent.error().message.find("127.0.0.1:" + std::to_string(endpoint.port)),
            std::string::npos);
}

}  // namespace
}  // namespace cqrs::load
