// The gateway's way to the processes of one role: calls go out in batches over one stream per
// replica, to the replica with the fewest calls in flight. A replica that breaks is left at once
// and used again as soon as it serves.
#pragma once

#include "core/base/result.h"

#include "services/chassis/http.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cqrs {

namespace rpc {
class RpcThread;
}

// The thread that several peers may share: one for a whole gateway is best, for each thread that
// polls takes events away from the others.
[[nodiscard]] std::shared_ptr<rpc::RpcThread> start_rpc_thread();

struct RpcPeerOptions {
  std::string role;       // for messages, e.g. "command"
  std::string addresses;  // HOST:PORT[,HOST:PORT...]
  // Of every call; 504 beyond. Should be longer than any wait that a query may ask for (30 s).
  std::chrono::milliseconds deadline{30'000};
  // How long calls wait for a replica when none is reachable; 503 beyond.
  std::chrono::milliseconds grace{1'000};
  std::size_t calls_max = 20'000;               // unanswered; 503 beyond
  std::size_t bytes_max = 256UL * 1024 * 1024;  // of the unanswered; 503 beyond
  std::shared_ptr<rpc::RpcThread> thread;       // see start_rpc_thread(); null: one of its own
};

// What may be done with a call whose replica broke while it may have been carried out. GET and HEAD
// are always sent to another replica, once.
enum class Resend : std::uint8_t {
  kUnderKey,  // also what carries an Idempotency-Key; the rest is answered in_doubt
  kNever,     // whatever it carries: answered in_doubt
};

// Counters since the start.
struct RpcPeerCounters {
  std::uint64_t replicas_ready = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t calls_sent = 0;  // a call that is sent again counts twice
  std::uint64_t batches_sent = 0;
  std::uint64_t replicas_lost = 0;
};

class RpcPeer {
 public:
  // Answers what is unanswered (unavailable or in_doubt) and disconnects. Not on the RPC thread.
  virtual ~RpcPeer() = default;
  // Sends the request and answers with what comes back, from the RPC thread; at once with 503
  // overloaded when too much is unanswered. Every call is answered exactly once. From any thread.
  virtual void call(http::Request&& request, http::Responder&& responder, Resend resend) = 0;
  void call(http::Request&& request, http::Responder&& responder) {
    call(std::move(request), std::move(responder), Resend::kUnderKey);
  }
  [[nodiscard]] virtual RpcPeerCounters counters() const = 0;
};

// Returns at once; connecting goes on in the background, for good.
// Error invalid: an address that is not HOST:PORT.
[[nodiscard]] Result<std::unique_ptr<RpcPeer>> start_rpc_peer(const RpcPeerOptions& options);

}  // namespace cqrs
