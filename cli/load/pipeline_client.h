// An HTTP/1.1 client for load: one thread, C connections, up to D unanswered requests on each.
// Requests are prepared by the caller as bytes; answers come back in order per connection.
#pragma once

#include "core/base/result.h"

#include "cli/load/endpoint.h"
#include "cli/load/schedule.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cqrs::load {

struct Prepared {
  std::uint64_t tag = 0;  // handed back with the answer
  std::string bytes;      // the whole request
  SteadyTime scheduled{};
};

enum class Transport : std::uint8_t {
  kAnswered,
  kRefused,  // never left: no connection could be had; certainly not executed
  kTimeout,  // sent, but not answered in time: may have been executed
  kUnknown,  // sent, but the connection broke before the answer: may have been executed
};

struct Answer {
  std::uint64_t tag = 0;
  Transport transport = Transport::kAnswered;
  int status = 0;
  std::string_view body;  // all of it; the texts are valid during the callback only
  std::string_view content_type;
  std::string_view etag;  // without quotes; empty when absent
  bool replayed = false;  // Idempotent-Replayed: true
  SteadyTime scheduled{};
  SteadyTime sent{};  // when its first byte was given away; kRefused: never
  SteadyTime completed{};
};

struct ClientOptions {
  Endpoint endpoint;
  std::size_t connections = 8;
  std::size_t depth = 64;
  std::chrono::milliseconds timeout{30'000};  // per request, from its sending
  // False: all connections are opened at the start, each pulls requests whenever it has room, and a
  // break is followed by a reconnection. True, for the open model: a request is pulled as soon as
  // it is due and goes to an idle connection (with depth 1 never behind another request), a new one
  // is opened when none is idle, up to `connections`, and while that is the limit requests wait, at
  // most 16,384 pulled ones, for no longer than `timeout`.
  bool on_demand = false;
  TlsOptions tls;  // for an https endpoint
};

// Pulls requests from `next` whenever a connection has room and reports each answer to `done`,
// both on the calling thread. `next` returns false when it has nothing to send *now*; `due` then
// says when it will, as far as is known (max(): not known), and is obeyed within tens of
// microseconds, while without it `next` is asked again each millisecond. `idle` is then called at
// least every 20 ms and says whether more may come (true: ask again) or the run is over. Returns
// when everything that was pulled is reported and no more may come, or soon after `stop` is set by
// any thread (what is in flight then is reported kUnknown, what was not sent kRefused). A broken
// connection is reopened with a growing pause. `tick` is called at least every 20 ms, also while
// every connection waits for answers. Errors: unavailable when no connection could be made at the
// start; invalid for TLS files that cannot be used.
struct ClientCallbacks {
  std::function<bool(Prepared&)> next;
  std::function<void(const Answer&)> done;
  std::function<bool()> idle;
  std::function<void()> tick = [] {};
  std::function<SteadyTime()> due = [] { return SteadyTime::max(); };
};
[[nodiscard]] Status run_client(const ClientOptions& options, const ClientCallbacks& callbacks,
                                const std::atomic<bool>& stop);

// One blocking request for everything that is not load: status, sync, admin. `timeout` bounds the
// whole call, but for the system's resolver. Errors: unavailable, timeout, in_doubt (the connection
// broke, and the request was none that only reads), invalid for TLS files that cannot be used.
struct SimpleResponse {
  int status = 0;
  std::string body;
  std::string etag;
};
[[nodiscard]] Result<SimpleResponse> fetch(const Endpoint& endpoint, std::string_view method,
                                           std::string_view target, std::string_view body,
                                           std::chrono::milliseconds timeout,
                                           const TlsOptions& tls = {});
// The same with the whole request as bytes, as run_client takes them.
[[nodiscard]] Result<SimpleResponse> fetch_bytes(const Endpoint& endpoint,
                                                 const std::string& request,
                                                 std::chrono::milliseconds timeout,
                                                 const TlsOptions& tls = {});

}  // namespace cqrs::load
