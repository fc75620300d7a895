// The command side over HTTP: /v1/users, /v1/products, /v1/orders, their aliases, and
// /v1/commands:batch.
#pragma once

#include "core/base/clock.h"

#include "services/chassis/router.h"
#include "services/command/command_builder.h"
#include "services/command/committer.h"

namespace cqrs {

// Adds the routes. `committer` and `clock` must outlive the router's server.
void add_command_routes(http::Router& router, Committer& committer, const Clock& clock,
                        const CommandPolicy& policy);

}  // namespace cqrs
