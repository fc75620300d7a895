// The query side over HTTP: reads by id, lists, and sync-status.
#pragma once

#include "services/chassis/read_position.h"
#include "services/chassis/router.h"
#include "services/query/query_service.h"

#include <functional>

namespace cqrs {

// Adds the routes; all arguments must outlive the router's server. `head`: last committed position.
void add_query_routes(http::Router& router, QueryService& queries, const ReadPosition& position,
                      const std::function<Position()>& head, const Clock& clock);

// {"lastProcessedTimestamp","isCaughtUp","headPosition","appliedPosition","lag":{"records","seconds"}}
[[nodiscard]] std::string sync_status_body(const ReadState& state, Position head, Timestamp now);

}  // namespace cqrs
