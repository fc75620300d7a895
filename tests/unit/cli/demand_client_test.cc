// The load client of the open model: requests start when they are due, on connections of their own.
#include "tests/unit/cli/client_source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

namespace cqrs::load {
namespace {

using http::Method;
using http::PathValues;
using http::Request;
using http::Responder;
using http::text_response;
using std::chrono::milliseconds;

class DemandClient : public PipelineClient {
 protected:
  [[nodiscard]] ClientOptions on_demand(std::size_t connections) const {
    ClientOptions client = options(connections, 1);
    client.on_demand = true;
    return client;
  }
  // Waits until the server holds `count` requests.
  std::vector<std::pair<std::string, Responder>> held(std::size_t count) {
    std::vector<std::pair<std::string, Responder>> items;
    while (items.size() < count) {
      for (auto& item : held_.take(1)) items.push_back(std::move(item));
    }
    return items;
  }
};

TEST_F(DemandClient, EveryRequestIsAnsweredWithItsOwnAnswer) {
  start();
  Source source(2000);
  ASSERT_TRUE(run_client(on_demand(8), source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 2000U);
  EXPECT_EQ(source.wrong, 0U);
}

TEST_F(DemandClient, ARequestIsNeverBehindAnotherOne) {
  start();
  Source source(6, "/held/");
  std::thread running(
      [&] { ASSERT_TRUE(run_client(on_demand(100), source.callbacks(), stop_).ok()); });
  // Only when each has a connection of its own do all of them reach the server unanswered; a
  // pipelined one would be read only after the answer before it.
  auto items = held(6);
  for (auto& [name, responder] : items) responder(text_response(name));
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 6U);
  EXPECT_EQ(server_->counters().connections_accepted, 6U);
}

TEST_F(DemandClient, OneConnectionIsEnoughForRequestsThatDoNotOverlap) {
  start();
  Source source(50);
  bool open = false;
  ClientCallbacks callbacks = source.callbacks();
  callbacks.next = [&, next = callbacks.next](Prepared& request) {
    if (open || !next(request)) return false;
    open = true;
    return true;
  };
  callbacks.idle = [&] { return source.sent < source.count; };
  source.on_answer = [&](const Answer&) { open = false; };
  ASSERT_TRUE(run_client(on_demand(100), callbacks, stop_).ok());
  EXPECT_EQ(source.transports[Transport::kAnswered], 50U);
  EXPECT_EQ(server_->counters().connections_accepted, 1U);
}

TEST_F(DemandClient, WhatFindsNoConnectionInTimeIsRefusedAndNeverSent) {
  start();
  Source source(5, "/held/");
  ClientOptions client = on_demand(2);
  client.timeout = milliseconds{100};
  std::set<std::uint64_t> sent;
  source.on_answer = [&](const Answer& answer) {
    if (answer.sent != SteadyTime{}) sent.insert(answer.tag);
  };
  ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 0U);
  EXPECT_EQ(source.transports[Transport::kTimeout], sent.size());
  EXPECT_EQ(source.transports[Transport::kRefused], 5 - sent.size());
  EXPECT_GE(source.transports[Transport::kRefused], 1U);
  std::set<std::uint64_t> arrived;
  for (const auto& item : held(sent.size())) arrived.insert(std::stoull(item.first));
  EXPECT_EQ(arrived, sent);
}

TEST_F(DemandClient, ATimeOutCostsOnlyItsOwnConnection) {
  router_.add(Method::kGet, "/first-held/{tag}",
              [&](Request&&, PathValues&& path, Responder&& answer) {
                if (path[0] == "0") return held_.add(path[0], std::move(answer));
                answer(text_response(path[0]));
              });
  start();
  Source source(200, "/first-held/");
  ClientOptions client = on_demand(4);
  client.timeout = milliseconds{2000};
  source.more = true;
  source.on_answer = [&](const Answer& answer) {
    if (answer.tag == 0) source.more = false;
  };
  ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kTimeout], 1U);
  EXPECT_EQ(source.transports[Transport::kAnswered], 199U);
}

TEST_F(DemandClient, ADueRequestIsAskedForWhenItIsDueAndSentThen) {
  start();
  constexpr std::uint64_t kCount = 20;
  Source source(kCount);
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto due = [&] { return begin + milliseconds{3} * static_cast<int>(source.sent + 1); };
  ClientCallbacks callbacks = source.callbacks();
  std::uint64_t asked = 0;
  callbacks.next = [&, next = callbacks.next](Prepared& request) {
    ++asked;
    const SteadyTime scheduled = due();
    if (std::chrono::steady_clock::now() < scheduled || !next(request)) return false;
    request.scheduled = scheduled;
    return true;
  };
  callbacks.idle = [&] { return source.sent < kCount; };
  callbacks.due = due;
  source.on_answer = [&](const Answer& answer) {
    EXPECT_GE(answer.sent, answer.scheduled);
    EXPECT_GE(answer.completed, answer.sent);
  };
  ASSERT_TRUE(run_client(on_demand(4), callbacks, stop_).ok());
  EXPECT_EQ(source.transports[Transport::kAnswered], kCount);
  // It waits and does not spin: a spinning client asks millions of times in these 60 ms.
  EXPECT_LT(asked, 5000U);
}

TEST_F(DemandClient, ASourceThatIsWrongAboutWhatIsDueIsNotSpunOn) {
  start();
  Source source(0);
  std::uint64_t asked = 0;
  ClientCallbacks callbacks = source.callbacks();
  callbacks.next = [&](Prepared&) {
    ++asked;
    return false;
  };
  const SteadyTime end = std::chrono::steady_clock::now() + milliseconds{50};
  callbacks.due = [] { return SteadyTime{}; };
  callbacks.idle = [&] { return std::chrono::steady_clock::now() < end; };
  ASSERT_TRUE(run_client(on_demand(1), callbacks, stop_).ok());
  EXPECT_LT(asked, 5000U);
}

TEST_F(DemandClient, AServerThatClosesAfterEachAnswerIsConnectedToAgain) {
  router_.add(Method::kGet, "/once/{tag}", [](Request&&, PathValues&& path, Responder&& answer) {
    http::Response response = text_response(path[0]);
    response.headers.emplace_back("Connection", "close");
    answer(std::move(response));
  });
  start();
  Source source(100, "/once/");
  ASSERT_TRUE(run_client(on_demand(3), source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 100U);
  EXPECT_EQ(source.wrong, 0U);
}

TEST_F(DemandClient, StopReportsWhatIsInFlightAsUnknownAndWhatWaitsAsRefused) {
  start();
  Source source(10, "/held/");
  std::thread running(
      [&] { ASSERT_TRUE(run_client(on_demand(4), source.callbacks(), stop_).ok()); });
  const auto items = held(4);
  stop_ = true;
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 4U);
  EXPECT_EQ(source.transports[Transport::kRefused], 6U);
}

TEST_F(DemandClient, ARestartedServerIsFoundAgain) {
  start();
  http::ServerOptions same;
  same.port = port();
  Source source(2000);
  bool restarted = false;
  source.on_answer = [&](const Answer& answer) {
    if (restarted || answer.tag < 500) return;
    restarted = true;
    server_->shutdown(milliseconds{0});
    start(same);
  };
  ASSERT_TRUE(run_client(on_demand(4), source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.reports.size(), 2000U);
  EXPECT_EQ(source.transports[Transport::kRefused], 0U);
  EXPECT_LE(source.transports[Transport::kUnknown], 4U);
}

TEST_F(DemandClient, ARunAgainstADeadServerEndsWithRefusals) {
  start();
  ClientOptions client = on_demand(2);
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

TEST_F(DemandClient, NoServerAtTheStartIsAnErrorAndNothingIsTaken) {
  start();
  const ClientOptions client = on_demand(3);
  server_->shutdown(milliseconds{0});
  Source source(1);
  const Status status = run_client(client, source.callbacks(), stop_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(source.sent, 0U);
}

}  // namespace
}  // namespace cqrs::load
