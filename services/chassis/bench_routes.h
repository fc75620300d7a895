// A route for benchmarks alone: what HTTP costs through this server when nothing is done.
#pragma once

#include "services/chassis/router.h"

namespace cqrs {

// Adds POST /v1/noop: takes any body of the usual size, reads nothing of it, and answers as long as
// the creation of an entity is answered, on the I/O thread. Only on a service that was started for
// measuring (cqrsd --bench-routes).
void add_bench_routes(http::Router& router);

}  // namespace cqrs
