// Liveness, readiness and metrics: the routes that operators and schedulers ask.
#pragma once

#include "services/chassis/metrics.h"
#include "services/chassis/router.h"

#include <functional>

namespace cqrs {

// Adds /livez (the process serves), /readyz (`not_ready` gives no reason against sending traffic),
// /healthz (the same with words) and /metrics. Arguments must outlive the router's server; both
// callables run on the I/O thread and must be quick.
void add_health_routes(http::Router& router, Metrics& metrics,
                       std::function<std::string()> not_ready);

}  // namespace cqrs
