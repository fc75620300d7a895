// The relay role: publishes the record to the topics. Replicas may run; the one with the lease
// works, the others wait for it to die.
#pragma once

#include "core/wiring/standard_config.h"

#include "services/chassis/metrics.h"
#include "services/chassis/role.h"

#include <memory>
#include <string>

namespace cqrs {

// `owner` tells this replica apart. Arguments must outlive it. Errors: those of the stores.
[[nodiscard]] Result<std::unique_ptr<ServiceRole>> start_relay_role(const StandardConfig& config,
                                                                    const std::string& owner,
                                                                    Metrics& metrics);

}  // namespace cqrs
