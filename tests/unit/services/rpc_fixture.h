// Replicas with real gRPC on loopback, routes that the tests of the hop need, and a place where
// every answer is counted.
#pragma once

#include "services/chassis/rpc_client.h"
#include "services/chassis/rpc_server.h"

#include "tests/unit/services/server_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cqrs {

inline constexpr std::chrono::seconds kTestPatience{20};

// Waits for what other threads do; the test's own time limit is the last resort.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + kTestPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

// The answers to numbered calls. More than one to the same call is remembered as a fault.
class Answers final : public http::Responder::Sink, public std::enable_shared_from_this<Answers> {
 public:
  void answer(std::uint64_t slot, http::Response&& response) override {
    const std::lock_guard lock(mutex_);
    if (!by_slot_.emplace(slot, std::move(response)).second) ++twice_;
    changed_.notify_all();
  }
  [[nodiscard]] http::Responder responder(std::uint64_t slot) { return {shared_from_this(), slot}; }
  // False when they did not all come in time.
  [[nodiscard]] bool wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTestPatience, [&] { return by_slot_.size() >= count; });
  }
  [[nodiscard]] http::Response operator[](std::uint64_t slot) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kTestPatience, [&] { return by_slot_.contains(slot); });
    const auto found = by_slot_.find(slot);
    return found == by_slot_.end() ? http::Response{0, "", "no answer came", {}} : found->second;
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return by_slot_.size();
  }
  [[nodiscard]] int twice() {
    const std::lock_guard lock(mutex_);
    return twice_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, http::Response> by_slot_;
  int twice_ = 0;
};

// One process's worth of the hop: a router and the server in front of it.
struct Replica {
  explicit Replica(std::string given_name = "a") : name(std::move(given_name)) {
    using http::Method;
    const auto echo = [this](http::Request&& r, http::PathValues&&, http::Responder&& answer) {
      seen.fetch_add(1);
      http::Response response;
      response.status = 201;
      response.content_type = "text/plain";
      response.body = r.query + "|" + r.body + "|" + r.content_type + "|" + r.idempotency_key +
                      "|" + r.if_match + "|" + r.if_none_match + "|" + r.traceparent + "|" +
                      r.request_id + "|" + (r.from_loopback ? "local" : "far");
      response.headers = {{"ETag", "\"" + r.query + "\""}, {"CQRS-Position", r.query}};
      answer(std::move(response));
    };
    router.add(Method::kPost, "/echo", echo, 2 * 1024 * 1024);
    router.add(Method::kGet, "/echo", echo);
    const auto hold = [this](http::Request&& r, http::PathValues&&, http::Responder&& answer) {
      seen.fetch_add(1);
      held.add(r.query, std::move(answer));
    };
    router.add(Method::kPost, "/held", hold);
    router.add(Method::kGet, "/held", hold);
    router.add(Method::kGet, "/name",
               [this](http::Request&&, http::PathValues&&, http::Responder&& answer) {
                 seen.fetch_add(1);
                 answer(http::text_response(name));
               });
    router.add(Method::kGet, "/large",
               [](http::Request&&, http::PathValues&&, http::Responder&& answer) {
                 answer(http::text_response(std::string(5 * 1024 * 1024, 'x')));
               });
    router.add(Method::kGet, "/throws", [](http::Request&&, http::PathValues&&, http::Responder&&) {
      throw std::runtime_error("planted by a test");
    });
  }
  void start(std::uint16_t port = 0) {
    options.port = port;
    auto started = start_rpc_server(options, router);
    ASSERT_TRUE(started.ok()) << started.error().message;
    server = std::move(*started);
    address = "127.0.0.1:" + std::to_string(server->port());
  }

  std::string name;
  std::string address;
  RpcServerOptions options;
  http::Router router;
  http::Held held;
  std::atomic<int> seen{0};
  std::unique_ptr<RpcServer> server;
};

class RpcTest : public testing::Test {
 protected:
  ~RpcTest() override {
    // Held responders must be able to answer into what still stands; then nothing may come twice.
    peer_.reset();
    EXPECT_EQ(answers_->twice(), 0);
  }
  void connect(const std::string& addresses, std::uint64_t ready = 1) {
    options_.role = "command";
    options_.addresses = addresses;
    auto peer = start_rpc_peer(options_);
    ASSERT_TRUE(peer.ok()) << peer.error().message;
    peer_ = std::move(*peer);
    ASSERT_TRUE(eventually([&] { return peer_->counters().replicas_ready == ready; }));
  }
  static http::Request request(http::Method method, std::string path, std::string query = {}) {
    http::Request request;
    request.method = method;
    request.path = std::move(path);
    request.query = std::move(query);
    return request;
  }
  void send(std::uint64_t slot, http::Request&& request) {
    peer_->call(std::move(request), answers_->responder(slot));
  }
  http::Response ask(http::Request&& request) {
    const std::uint64_t slot = next_slot_++;
    send(slot, std::move(request));
    return (*answers_)[slot];
  }
  static std::string code_of(const http::Response& response) {
    const auto at = response.body.find("\"code\":\"");
    if (at == std::string::npos) return {};
    const auto begin = at + 8;
    return response.body.substr(begin, response.body.find('"', begin) - begin);
  }

  std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
  RpcPeerOptions options_;
  std::unique_ptr<RpcPeer> peer_;
  std::uint64_t next_slot_ = 1'000'000;
};

}  // namespace cqrs
