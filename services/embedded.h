// The embedded profile as one running system: all roles in one process over one data directory.
#pragma once

#include "core/base/clock.h"
#include "core/wiring/data_dir.h"

#include "services/chassis/server.h"

#include <memory>
#include <string>

namespace cqrs {

class EmbeddedSystem {
 public:
  virtual ~EmbeddedSystem() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Stops accepting, answers every accepted request, applies everything committed, closes the
  // stores.
  virtual void shutdown() = 0;
};

struct EmbeddedOptions {
  bool rebuild_views = false;  // see Generations::start()
  bool bench_routes = false;   // see add_bench_routes()
  bool demo_data = false;      // durable before anything is served, see publish_demo_data()
  bool allow_import = false;   // see CommandPolicy
  double password_hashing_share = 0.03;  // see PasswordWorker
};

// Errors: already_exists (the directory has another owner), unavailable, corrupt; with demo_data
// also in_doubt and internal.
[[nodiscard]] Result<std::unique_ptr<EmbeddedSystem>> start_embedded(
    const DataDir& dir, const http::ServerOptions& server, const EmbeddedOptions& options);

}  // namespace cqrs
