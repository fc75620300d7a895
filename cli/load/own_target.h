// Our own system as something to put under load: found through its run file or by its URL.
#pragma once

#include "cli/load/load_run.h"

namespace cqrs::load {

// `system` as find_running() gives it. Its processes are measured, its positions watched.
[[nodiscard]] LoadTarget own_target(const RunningSystem& system, const TlsOptions& tls);

}  // namespace cqrs::load
