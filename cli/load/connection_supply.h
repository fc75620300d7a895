// Which connection gets a request: the two ways of a run to use its connections.
#pragma once

#include "cli/load/client_connection.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace cqrs::load {

class ConnectionSupply {
 public:
  ConnectionSupply() = default;
  ConnectionSupply(const ConnectionSupply&) = delete;
  ConnectionSupply& operator=(const ConnectionSupply&) = delete;
  virtual ~ConnectionSupply() = default;

  virtual void start() = 0;
  // After the events of a moment; `woke`: because time has come, too.
  virtual void supply(SteadyTime now, bool woke) = 0;
  virtual void ready(ClientConnection& connection) = 0;
  // True: this was the last hope of a run that never had a connection.
  [[nodiscard]] virtual bool connect_failed(ClientConnection& connection, bool ever_up) = 0;
  virtual void disconnected(ClientConnection& connection) = 0;
  virtual void give_back(Prepared&& request) = 0;
  virtual void check_time(SteadyTime now) = 0;
  virtual void abandon() = 0;
};

// What run_client() does, with any supply.
using MakeSupply = std::function<std::unique_ptr<ConnectionSupply>(ClientRun& run)>;
[[nodiscard]] Status run_with(const ClientOptions& options, const ClientCallbacks& callbacks,
                              const std::atomic<bool>& stop, const MakeSupply& make_supply);

// Each connection pulls for itself whenever it has room.
[[nodiscard]] std::unique_ptr<ConnectionSupply> steady_supply(const ClientOptions& options,
                                                              ClientRun& run);
// Each request is given to an idle connection.
[[nodiscard]] std::unique_ptr<ConnectionSupply> demand_supply(const ClientOptions& options,
                                                              ClientRun& run);

}  // namespace cqrs::load
