// The server of the hop: what the gateway sends is dispatched to this process's router as if it had
// come over HTTP. Also answers grpc.health.v1 and server reflection. For the inner network only: it
// believes what a gateway says of its clients, and speaks no TLS.
#pragma once

#include "core/base/result.h"

#include "services/chassis/router.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace cqrs {

struct RpcServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;              // 0: the system chooses, see RpcServer::port()
  std::size_t unanswered_max = 8'192;  // calls per stream; reading pauses beyond
};

// Counters since the start.
struct RpcServerCounters {
  std::uint64_t streams_open = 0;
  std::uint64_t calls = 0;
  std::uint64_t call_batches = 0;
  std::uint64_t answers = 0;
  std::uint64_t answer_batches = 0;
};

class RpcServer {
 public:
  virtual ~RpcServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual RpcServerCounters counters() const = 0;
  // Processor time of the thread that reads, dispatches and writes. Zero once it has ended.
  [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() const = 0;
  // What the health service says, and what gateways are told: one that may choose sends its calls
  // elsewhere. Calls that come all the same are answered. True from the start.
  virtual void set_serving(bool serving) = 0;
  // Asks the gateways to send no more, waits up to `patience` until every accepted call is answered
  // and they have gone, then closes. Idempotent; called by the destructor with zero patience.
  virtual void shutdown(std::chrono::milliseconds patience) = 0;
};

// Binds, listens and serves on one thread of its own, which runs the handlers. `router` must
// outlive the server; its body limits hold here too. Errors: unavailable (address in use: names it
// and the way out), invalid (bad address).
[[nodiscard]] Result<std::unique_ptr<RpcServer>> start_rpc_server(const RpcServerOptions& options,
                                                                  const http::Router& router);

}  // namespace cqrs
