// What Connect refuses while its workers settle, and forgets a moment later: no real one does so on
// demand, so this one follows a script.
#include "core/adapters/connect/connector.h"

#include "services/chassis/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cqrs::connect {
namespace {

using http::Method;

constexpr auto kStatus = R"({"connector":{"state":"RUNNING"},"tasks":[{"state":"RUNNING"}]})";
constexpr auto kFailed = R"({"connector":{"state":"FAILED","trace":"x"},"tasks":[]})";
constexpr auto kStopped = R"({"connector":{"state":"STOPPED"},"tasks":[]})";

class Patience : public testing::Test {
 protected:
  void SetUp() override {
    serve(Method::kGet, "/connectors/{name}/status", "status");
    serve(Method::kPut, "/connectors/{name}/config", "config");
    serve(Method::kGet, "/connectors/{name}/config", "configured");
    serve(Method::kPut, "/connectors/{name}/resume", "resume");
    serve(Method::kPut, "/connectors/{name}/stop", "stop");
    serve(Method::kPost, "/connectors/{name}/restart", "restart");
    serve(Method::kDelete, "/connectors/{name}/offsets", "offsets");
    serve(Method::kDelete, "/connectors/{name}", "remove");
    serve(Method::kPost, "/connectors", "create");
    serve(Method::kGet, "/health", "health");
    auto server = http::start_server({}, router_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    open(std::chrono::seconds(20));
  }
  void open(std::chrono::seconds patience) {
    SinkOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(server_->port());
    options.mongo = "mongodb://127.0.0.1";
    options.connector = "c";
    options.collections = {"u", "p", "o"};
    options.patience = patience;
    connector_ = std::move(open_sink(options).value());
  }

  // The first answers to this call; later ones are 200.
  void first(const std::string& call, std::vector<int> answers) {
    refusals_[call] = std::move(answers);
  }
  [[nodiscard]] int calls(const std::string& call) {
    const std::lock_guard lock(mutex_);
    return calls_[call];
  }

  std::string status_ = kStatus;

 private:
  void serve(Method method, const std::string& path, const std::string& call) {
    router_.add(method, path,
                [this, call](http::Request&&, http::PathValues&&, http::Responder&& answer) {
                  const std::lock_guard lock(mutex_);
                  const auto nth = static_cast<std::size_t>(calls_[call]++);
                  http::Response response;
                  response.content_type = "application/json";
                  response.body = call == "status" ? status_ : R"({"message":"planted"})";
                  const auto& planned = refusals_[call];
                  response.status = nth < planned.size() ? planned[nth] : 200;
                  answer(std::move(response));
                });
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<int>> refusals_;
  std::map<std::string, int> calls_;
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;

 protected:
  std::unique_ptr<Connector> connector_;
};

TEST_F(Patience, ARebalanceIsWaitedOutInEveryStepOfARun) {
  status_ = kFailed;
  first("config", {409, 409});
  first("resume", {409});
  first("restart", {409, 409, 409});
  const auto runs = connector_->run();
  EXPECT_TRUE(runs.ok()) << runs.error().message;
  EXPECT_EQ(calls("config"), 3);
  EXPECT_EQ(calls("resume"), 2);
  EXPECT_EQ(calls("restart"), 4);
}

// Another worker than the one that took the configuration may hear of it later.
TEST_F(Patience, AWorkerThatDoesNotKnowTheConnectorYetIsAskedAgain) {
  first("resume", {404, 404});
  const auto runs = connector_->run();
  EXPECT_TRUE(runs.ok()) << runs.error().message;
  EXPECT_EQ(calls("resume"), 3);
}

// Connect refuses to restart what has no state yet.
TEST_F(Patience, OnlyWhatFailedIsRestarted) {
  EXPECT_TRUE(connector_->run().ok());
  EXPECT_EQ(calls("restart"), 0);
  first("status", {200, 404});
  EXPECT_TRUE(connector_->run().ok());
  EXPECT_EQ(calls("restart"), 0);
  status_ = kFailed;
  EXPECT_TRUE(connector_->run().ok());
  EXPECT_EQ(calls("restart"), 1);
}

TEST_F(Patience, StoppingAndRemovingWaitToo) {
  status_ = kStopped;
  first("stop", {409, 409});
  first("offsets", {409, 400});
  first("remove", {409});
  const auto stopped = connector_->stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().message;
  EXPECT_EQ(calls("stop"), 3);
  EXPECT_EQ(calls("offsets"), 3);
  const auto removed = connector_->remove();
  EXPECT_TRUE(removed.ok()) << removed.error().message;
  EXPECT_EQ(calls("remove"), 2);
}

// The relay asks on every tick and must renew its lease meanwhile.
TEST_F(Patience, NobodyWaitsWhoHasNone) {
  open(std::chrono::seconds(0));
  first("config", {409});
  EXPECT_FALSE(connector_->run().ok());
  EXPECT_EQ(calls("config"), 1);
  EXPECT_TRUE(connector_->run().ok());
}

// Between two looks another worker has heard of it.
TEST_F(Patience, OneThatIsThereAfterAllIsStopped) {
  open(std::chrono::seconds(0));
  status_ = kStopped;
  first("status", {404});
  first("create", {409});
  const auto stopped = connector_->stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().message;
  EXPECT_EQ(calls("stop"), 1);
}

TEST_F(Patience, WhatIsRefusedForGoodIsSaidAtOnceWithItsReason) {
  first("config", {400});
  const auto runs = connector_->run();
  ASSERT_FALSE(runs.ok());
  EXPECT_NE(runs.error().message.find("400: planted"), std::string::npos) << runs.error().message;
  EXPECT_EQ(calls("config"), 1);
  EXPECT_EQ(calls("resume"), 0);
}

TEST_F(Patience, WhatHasAStateAndNoConfigurationIsNotThere) {
  first("configured", {404, 500});
  const auto removed = connector_->look();
  ASSERT_TRUE(removed.ok()) << removed.error().message;
  EXPECT_EQ(removed->state, ConnectorState::kAbsent);
  EXPECT_FALSE(connector_->look().ok());
  const auto there = connector_->look();
  ASSERT_TRUE(there.ok()) << there.error().message;
  EXPECT_EQ(there->state, ConnectorState::kRunning);
}

TEST_F(Patience, WhatIsNotThereIsRemovedAlready) {
  first("remove", {404});
  EXPECT_TRUE(connector_->remove().ok());
  EXPECT_EQ(calls("remove"), 1);
}

}  // namespace
}  // namespace cqrs::connect
