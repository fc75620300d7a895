// A pipelining HTTP/1.1 client for load: one thread, C connections, up to D unanswered requests on
// each. Requests are prepared by the caller as bytes; answers come back in order per connection.
#pragma once

#include "core/base/result.h"

#include "cli/load/schedule.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cqrs::load {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};
// "http://127.0.0.1:8080" (a path is refused). Error: invalid.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);

struct Prepared {
  std::uint64_t tag = 0;  // handed back with the answer
  std::string bytes;      // the whole request
  SteadyTime scheduled{};
};

enum class Transport : std::uint8_t {
  kAnswered,
  kRefused,  // never left: no connection could be made; certainly not executed
  kUnknown,  // sent, but the connection broke or the time-out passed first: may have been executed
};

struct Answer {
  std::uint64_t tag = 0;
  Transport transport = Transport::kAnswered;
  int status = 0;
  std::string_view body;  // valid during the callback only
  std::string_view etag;  // without quotes; empty when absent
  bool replayed = false;  // Idempotent-Replayed: true
  SteadyTime scheduled{};
  SteadyTime completed{};
};

struct ClientOptions {
  Endpoint endpoint;
  std::size_t connections = 8;
  std::size_t depth = 64;
  std::chrono::milliseconds timeout{30'000};  // per request, from its sending
};

// Pulls requests from `next` whenever a connection has room and reports each answer to `done`,
// both on the calling thread. `next` returns false when it has nothing to send *now*: `idle` is
// then called at least every 20 ms and says whether more may come (true: ask again) or the run is
// over. Returns when everything that was sent is answered and no more may come, or soon after
// `stop` is set by any thread (what is in flight then is reported kUnknown). A broken connection is
// reopened with a growing pause. `tick` is called at least every 20 ms, also while every connection
// waits for answers. Error: unavailable when no connection could be made at the start.
struct ClientCallbacks {
  std::function<bool(Prepared&)> next;
  std::function<void(const Answer&)> done;
  std::function<bool()> idle;
  std::function<void()> tick = [] {};
};
[[nodiscard]] Status run_client(const ClientOptions& options, const ClientCallbacks& callbacks,
                                const std::atomic<bool>& stop);

// One blocking request for everything that is not load: status, sync, admin. `timeout` bounds the
// whole call.
struct SimpleResponse {
  int status = 0;
  std::string body;
  std::string etag;
};
[[nodiscard]] Result<SimpleResponse> fetch(const Endpoint& endpoint, std::string_view method,
                                           std::string_view target, std::string_view body,
                                           std::chrono::milliseconds timeout);

}  // namespace cqrs::load
