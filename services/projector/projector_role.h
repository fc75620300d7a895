// The projector role: fills the views. Replicas may run; the one with the lease works, the others
// wait for it to die. A former owner that wakes up late can change nothing: every commit of the
// views is guarded by an epoch that the new owner has raised.
#pragma once

#include "core/base/clock.h"
#include "core/wiring/standard_config.h"

#include "services/chassis/metrics.h"
#include "services/chassis/role.h"
#include "services/chassis/router.h"

#include <memory>
#include <string>

namespace cqrs {

// Adds the administration of the views to `router`. `rebuild_views`: see Generations::start(), for
// the first time that this replica owns the lease. All arguments must outlive it.
[[nodiscard]] Result<std::unique_ptr<ServiceRole>> start_projector_role(
    const StandardConfig& config, const std::string& owner, bool rebuild_views,
    http::Router& router, Metrics& metrics, const Clock& clock);

}  // namespace cqrs
