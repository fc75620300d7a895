// The query role as a process of its own has it: reads of views that another process fills. Any
// number of replicas may run.
#pragma once

#include "core/base/clock.h"
#include "core/wiring/standard_config.h"

#include "services/chassis/metrics.h"
#include "services/chassis/role.h"
#include "services/chassis/router.h"

#include <memory>

namespace cqrs {

// Adds the routes and starts; all arguments must outlive it. Errors: those of the stores.
[[nodiscard]] Result<std::unique_ptr<ServiceRole>> start_query_role(const StandardConfig& config,
                                                                    http::Router& router,
                                                                    Metrics& metrics,
                                                                    const Clock& clock);

}  // namespace cqrs
