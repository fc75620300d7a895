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
// `behind_for` bounds the lag in seconds, which otherwise is the age of the last applied event by
// the wall clock: too much after a pause between two events, anything after a jump of that clock.
[[nodiscard]] std::string sync_status_body(
    const ReadState& state, Position head, Timestamp now,
    std::optional<std::chrono::microseconds> behind_for = std::nullopt);

}  // namespace cqrs
