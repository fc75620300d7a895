// What a load is for: the system of ours that runs in the data directory, one of ours elsewhere by
// its address, or a foreign one by its profile.
#pragma once

#include "core/workload/scenario.h"

#include "cli/context.h"
#include "cli/load/load_run.h"
#include "cli/load/seed_run.h"
#include "cli/system/running.h"
#include "cli/target/session.h"

#include <memory>
#include <string>

namespace cqrs {

struct LoadSubject {
  load::LoadTarget target;
  RunningSystem system;                      // of ours; elsewhere only its address is known
  std::shared_ptr<target::Session> foreign;  // nullptr: it is one of ours
  bool stores_here = false;                  // its stores can be read, so everything can be proven
};

// `ledger`, of the data: beside it the ids that a foreign system gives are kept. Errors: not_found
// (nothing runs here), invalid (address, profile, or an operation of the scenario that the profile
// does not map), unavailable (the login).
[[nodiscard]] Result<LoadSubject> find_subject(const Scenario& scenario, const std::string& ledger,
                                               const load::TlsOptions& tls, const Context& context);

// Makes the data of a scenario through the subject's API. Errors: those of seeding.
[[nodiscard]] Result<SeedResult> seed_subject(const LoadSubject& subject, const SeedPlan& plan,
                                              const Context& context);

}  // namespace cqrs
