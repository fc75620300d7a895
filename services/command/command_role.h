// The command role as a process of its own has it: the write side behind its routes. Any number of
// replicas may run; the store makes one of them commit at a time.
#pragma once

#include "core/base/clock.h"
#include "core/wiring/standard_config.h"

#include "services/chassis/metrics.h"
#include "services/chassis/role.h"
#include "services/chassis/router.h"

#include <memory>
#include <string>

namespace cqrs {

struct CommandRoleOptions {
  std::string pepper;         // the server's secret, see derive_keys()
  bool demo_data = false;     // see publish_demo_data()
  bool allow_import = false;  // see CommandPolicy
  double password_hashing_share = 0.03;
};

// Adds the routes and starts; all arguments must outlive it. Errors: those of the store, with
// demo_data also in_doubt and internal.
[[nodiscard]] Result<std::unique_ptr<ServiceRole>> start_command_role(
    const StandardConfig& config, const CommandRoleOptions& options, http::Router& router,
    Metrics& metrics, const Clock& clock);

}  // namespace cqrs
