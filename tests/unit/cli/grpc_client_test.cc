// The load client over gRPC against the roles' own server: every request is reported exactly once,
// reaches the role that it is for, and is unknown exactly when it may have been executed.
#include "cli/load/grpc_client.h"

#include "tests/unit/cli/client_source.h"
#include "tests/unit/services/rpc_fixture.h"

#include <gtest/gtest.h>

#include <thread>

namespace cqrs::load {
namespace {

using std::chrono::milliseconds;

class GrpcClient : public testing::Test {
 protected:
  void SetUp() override {
    command_.start();
    query_.start();
  }
  [[nodiscard]] GrpcOptions options() const {
    GrpcOptions options;
    options.command = {"127.0.0.1", command_.server->port()};
    options.query = {"127.0.0.1", query_.server->port()};
    return options;
  }
  // Even tags are commands, odd ones queries.
  static ClientCallbacks mixed(Source& source, const std::string& body = "{}") {
    ClientCallbacks callbacks = source.callbacks();
    callbacks.next = [&source, body, next = callbacks.next](Prepared& request) {
      if (!next(request)) return false;
      if (request.tag % 2 == 0) {
        request.bytes = "POST " + source.path + std::to_string(request.tag) +
                        " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        "Idempotency-Key: key\r\nIf-Match: \"3\"\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body;
      }
      return true;
    };
    return callbacks;
  }

  Replica command_{"command"};
  Replica query_{"query"};
  std::atomic<bool> stop_{false};
};

TEST_F(GrpcClient, EveryRequestReachesItsRoleAndIsAnsweredWithItsOwnAnswer) {
  Source source(4000, "/echo?");
  std::uint64_t right = 0;
  source.on_answer = [&](const Answer& answer) {
    const std::string tag = std::to_string(answer.tag);
    const std::string expected = answer.tag % 2 == 0
                                     ? tag + "|{}|application/json|key|\"3\"||||local"
                                     : tag + "||||||||local";
    right += answer.body == expected && answer.status == 201 && answer.etag == tag &&
                     answer.content_type == "text/plain" && answer.completed >= answer.sent &&
                     answer.sent != SteadyTime{}
                 ? 1
                 : 0;
  };
  ASSERT_TRUE(run_grpc_client(options(), mixed(source), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(right, 4000U);
  EXPECT_EQ(command_.seen, 2000);
  EXPECT_EQ(query_.seen, 2000);
}

TEST_F(GrpcClient, BodiesAndAnswersLargerThanTheWindowsArriveWhole) {
  Source source(20, "/echo?");
  const std::string body(1'500'000, 'b');
  std::uint64_t whole = 0;
  source.on_answer = [&](const Answer& answer) { whole += answer.body.size() > body.size(); };
  ASSERT_TRUE(run_grpc_client(options(), mixed(source, body), stop_).ok());
  EXPECT_EQ(whole, 10U);
  Source large(6, "/large?");
  whole = 0;
  large.on_answer = [&](const Answer& answer) { whole += answer.body.size() == 5 * 1024 * 1024; };
  ASSERT_TRUE(run_grpc_client(options(), large.callbacks(), stop_).ok());
  EXPECT_EQ(whole, 6U);
}

TEST_F(GrpcClient, ATimeOutCostsNothingButItsOwnRequest) {
  Source source(10, "/held?");
  GrpcOptions client = options();
  client.timeout = milliseconds{100};
  ASSERT_TRUE(run_grpc_client(client, source.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kTimeout], 10U);
}

TEST_F(GrpcClient, WhatWasSentWhenARoleDiesIsUnknown) {
  Source source(16, "/held?");
  std::thread running(
      [&] { ASSERT_TRUE(run_grpc_client(options(), source.callbacks(), stop_).ok()); });
  std::vector<std::pair<std::string, http::Responder>> items;
  while (items.size() < 16) {
    for (auto& item : query_.held.take(1)) items.push_back(std::move(item));
  }
  query_.server->shutdown(milliseconds{0});
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 16U);
}

TEST_F(GrpcClient, ARestartedRoleIsFoundAgainAndNothingUnsentIsLost) {
  Source source(3000, "/echo?");
  const std::uint16_t port = query_.server->port();
  const GrpcOptions client = options();
  bool restarted = false;
  source.on_answer = [&](const Answer& answer) {
    if (restarted || answer.tag < 500) return;
    restarted = true;
    query_.server->shutdown(milliseconds{0});
    query_.server.reset();
    query_.start(port);
  };
  ASSERT_TRUE(run_grpc_client(client, mixed(source), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.reports.size(), 3000U);
  EXPECT_EQ(source.transports[Transport::kRefused], 0U);
  EXPECT_LE(source.transports[Transport::kUnknown], client.in_flight);
}

TEST_F(GrpcClient, StopReportsWhatIsInFlightAsUnknown) {
  Source source(1'000'000, "/held?");
  GrpcOptions client = options();
  client.in_flight = 4;
  std::thread running(
      [&] { ASSERT_TRUE(run_grpc_client(client, source.callbacks(), stop_).ok()); });
  std::vector<std::pair<std::string, http::Responder>> items;
  while (items.size() < 4) {
    for (auto& item : query_.held.take(1)) items.push_back(std::move(item));
  }
  stop_ = true;
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 4U);
}

TEST_F(GrpcClient, ARoleThatCannotBeReachedIsNamedAndNothingIsTaken) {
  const GrpcOptions client = options();
  command_.server->shutdown(milliseconds{0});
  command_.server.reset();
  Source source(1, "/echo?");
  const Status status = run_grpc_client(client, source.callbacks(), stop_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(status.error().message.find("the command role over gRPC at 127.0.0.1:"),
            std::string::npos)
      << status.error().message;
  EXPECT_EQ(source.sent, 0U);
}

class GrpcToHttp : public PipelineClient {};

TEST_F(GrpcToHttp, AServerOfHttpIsNotTakenForARole) {
  start();
  GrpcOptions client;
  client.command = client.query = {"127.0.0.1", port()};
  Source source(1);
  const Status status = run_grpc_client(client, source.callbacks(), stop_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(source.sent, 0U);
}

}  // namespace
}  // namespace cqrs::load
