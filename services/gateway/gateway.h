// The gateway's routes: none of its own, everything goes on to the role that has it.
#pragma once

#include "services/chassis/router.h"
#include "services/chassis/rpc_client.h"

namespace cqrs {

struct GatewayPeers {
  RpcPeer& command;
  RpcPeer& query;
  RpcPeer& admin;  // the projector's processes: generations
};

// Adds the batch route with its larger body, and the fallback for whatever else `router` does not
// know: /v1/admin to `admin`, other GET and HEAD to `query`, the rest to `command`. 404 and 405 are
// theirs to say. The peers must outlive the router's server.
void add_gateway_routes(http::Router& router, const GatewayPeers& peers);

}  // namespace cqrs
