// A server with the routes the server tests need: echo, answers kept back by the test, large
// answers.
#pragma once

#include "services/chassis/server.h"

#include "tests/unit/services/raw_client.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cqrs::http {

// Requests whose answers the test gives itself, when and from where it wants.
class Held {
 public:
  void add(std::string name, Responder&& responder) {
    const std::lock_guard lock(mutex_);
    items_.emplace_back(std::move(name), std::move(responder));
    changed_.notify_all();
  }
  std::vector<std::pair<std::string, Responder>> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return items_.size() >= count; });
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::string, Responder>> items_;
};

inline Response text_response(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    router_.add(Method::kGet, "/echo/{word}", [](Request&&, PathValues&& path, Responder&& answer) {
      answer(text_response(path[0]));
    });
    router_.add(Method::kGet, "/ids", [](Request&& request, PathValues&&, Responder&& answer) {
      answer(text_response(request.request_id + " " + request.idempotency_key + " " +
                           request.if_match + " " + (request.from_loopback ? "local" : "far")));
    });
    router_.add(
        Method::kPost, "/body",
        [](Request&& request, PathValues&&, Responder&& answer) {
          answer(text_response(request.content_type + "|" + request.body));
        },
        1000);
    router_.add(Method::kGet, "/held/{name}",
                [this](Request&&, PathValues&& path, Responder&& answer) {
                  held_.add(path[0], std::move(answer));
                });
    router_.add(Method::kGet, "/large", [](Request&&, PathValues&&, Responder&& answer) {
      answer(text_response(std::string(kLarge, 'x')));
    });
    router_.add(Method::kGet, "/dropped", [](Request&&, PathValues&&, Responder&& answer) {
      const Responder lost = std::move(answer);
    });
    router_.add(Method::kGet, "/throws", [](Request&&, PathValues&&, Responder&&) {
      throw std::runtime_error("planted by a test");
    });
  }
  void start(const ServerOptions& options = {}) {
    auto server = start_server(options, router_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  // Waits until a counter shows what the test needs; the test's own time limit is the last resort.
  template <class Condition>
  [[nodiscard]] bool wait_until(Condition condition) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition(server_->counters())) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static constexpr std::size_t kLarge = 256 * 1024;
  Router router_;
  Held held_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace cqrs::http
