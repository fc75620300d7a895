// Seeds a foreign system: the commands of a seed through its profile, everything in an ordinary
// ledger, the ids that it gives in a table beside it. A command without an outcome is sent again
// only where the profile says that this is safe; elsewhere a look decides, or it stays unknown.
#pragma once

#include "cli/load/seed_run.h"
#include "cli/target/session.h"

#include <memory>

namespace cqrs::target {

// Errors: those of run_seed_plan; invalid when the profile lacks a request.
[[nodiscard]] Result<SeedResult> run_foreign_seed(const SeedPlan& plan,
                                                  const std::shared_ptr<Session>& session,
                                                  const Context& context);

}  // namespace cqrs::target
