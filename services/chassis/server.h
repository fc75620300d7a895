// The HTTP/1.1 server of every service: keep-alive, pipelining with answers in order, limits and
// time-outs on everything a client controls, and a shutdown that answers every accepted request.
#pragma once

#include "core/base/result.h"

#include "services/chassis/router.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace cqrs::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;              // 0: the system chooses, see HttpServer::port()
  std::size_t connections_max = 4096;  // further ones are answered 503 and closed
  std::size_t pipeline_max = 512;      // unanswered requests per connection; reading pauses beyond
  std::size_t header_limit = 16 * 1024;  // bytes of request line and headers: 431 beyond
  std::chrono::milliseconds request_timeout{10'000};  // first byte to last byte of one request: 408
  std::chrono::milliseconds idle_timeout{75'000};     // between requests on a kept connection
  std::chrono::milliseconds write_timeout{30'000};    // a client that does not read its answers
};

// Counters since the start; a consistent enough picture for metrics, taken without stopping
// anything.
struct ServerCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t rejected =
      0;  // answered by the server itself: limits, time-outs, malformed requests
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual ServerCounters counters() const = 0;
  // Processor time of the I/O thread: reading, parsing, handlers, writing. Zero once it has ended.
  [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() const = 0;
  // Stops accepting, reads no further request, waits up to `patience` for every accepted request's
  // answer to be written, then closes. Idempotent; called by the destructor with zero patience.
  virtual void shutdown(std::chrono::milliseconds patience) = 0;
};

// Binds, listens and serves on one I/O thread of its own. `router` must outlive the server.
// Errors: unavailable (address in use: names it and the way out), invalid (bad address).
[[nodiscard]] Result<std::unique_ptr<HttpServer>> start_server(const ServerOptions& options,
                                                               const Router& router);

}  // namespace cqrs::http
