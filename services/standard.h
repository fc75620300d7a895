// The standard profile: some of its roles as one process over servers that others run.
#pragma once

#include "core/wiring/standard_config.h"

#include "services/chassis/server.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs {

struct StandardOptions {
  StandardConfig config;
  std::vector<std::string> roles;  // gateway, command, relay, projector, query
  std::string data_dir;            // where the server's secret lies, for the command role
  http::ServerOptions listen;
  http::ServerOptions rpc;  // address and port only; not for a gateway alone
  // Where the gateway reaches the roles that are not in this process: HOST:PORT[,HOST:PORT…].
  std::string command_peers, query_peers, projector_peers;
  bool rebuild_views = false;  // see Generations::start()
  bool bench_routes = false;   // see add_bench_routes()
  bool demo_data = false;      // see publish_demo_data()
  bool allow_import = false;   // see CommandPolicy
  double password_hashing_share = 0.03;
};

class StandardProcess {
 public:
  virtual ~StandardProcess() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint16_t rpc_port() const = 0;  // 0: none
  // Stops accepting, answers every accepted request, finishes what they led to.
  virtual void shutdown() = 0;
};

// Error invalid: an unknown role, or a gateway that is not told where a role is.
[[nodiscard]] Status check(const StandardOptions& options);
// Errors: those of check(), the stores and the servers.
[[nodiscard]] Result<std::unique_ptr<StandardProcess>> start_standard(
    const StandardOptions& options);

}  // namespace cqrs
