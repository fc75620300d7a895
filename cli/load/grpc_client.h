// The load client over gRPC: the same logical requests, sent to the processes of the roles
// directly, in batches over one stream to each, as the gateway does (services/api/exchange.proto).
#pragma once

#include "cli/load/pipeline_client.h"

namespace cqrs::load {

struct GrpcOptions {
  Endpoint command;  // the port that role=command serves the hop on: rpc_port in run.json
  Endpoint query;    // of role=query: gets what is asked with GET and HEAD
  std::size_t in_flight = 512;                // unanswered ones at most, over both
  std::chrono::milliseconds timeout{30'000};  // per request, from its sending
};

// As run_client(), for the same requests: `bytes` is a whole HTTP/1.1 request. A request is pulled
// as soon as it is due; while `in_flight` are open the source keeps the rest. A role that is away
// is connected to again; what was sent to it is reported kUnknown, what waits goes out later, or is
// reported kRefused after `timeout`. Errors: unavailable when a role cannot be reached at the
// start; invalid for bytes that are no request.
[[nodiscard]] Status run_grpc_client(const GrpcOptions& options, const ClientCallbacks& callbacks,
                                     const std::atomic<bool>& stop);

}  // namespace cqrs::load
