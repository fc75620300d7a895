// A seed from its options to its result, as people, programs and reports get it.
#pragma once

#include "cli/commands/commands.h"
#include "cli/load/seed_run.h"
#include "cli/report/report.h"

namespace cqrs {

struct SeedOutcome {
  SeedPlan plan;
  SeedResult result;
  double min_achieved = 0;     // below it an open run is invalid
  bool nothing_to_do = false;  // a resume of a run that is complete: nothing was sent
  std::int64_t lost = -1;      // acknowledged and not in the write store; -1: not checked
  double verify_s = 0;
  std::string verdict;  // pass, fail, inconclusive, invalid
  ExitCode code = ExitCode::kDone;
};

// Everything but the system itself. Error: invalid names the option, its limit and the way out; a
// resume also has the errors of its ledger.
[[nodiscard]] Result<SeedPlan> plan_seed(const SeedOptions& options, const DataDir& dir);

// Errors: invalid (options, or this seed was run here before), not_found (nothing runs),
// unavailable.
[[nodiscard]] Result<SeedOutcome> seed(const SeedOptions& options, Context& context);

// The same with --target: a foreign system by its profile, or a cqrsd by its address.
[[nodiscard]] Result<SeedOutcome> seed_target(const SeedOptions& options, Context& context);

// What both have in common. The verdict and the exit code, from everything else:
void decide(SeedOutcome& outcome);
[[nodiscard]] SeedOutcome already_complete(const SeedPlan& plan, const LedgerProgress& progress);
// Why a ledger that is there already cannot be written anew.
[[nodiscard]] Error run_before(const SeedPlan& plan, const Error& error);

[[nodiscard]] Json json_of(const SeedOutcome& outcome);
void print(const SeedOutcome& outcome, std::ostream& out);
[[nodiscard]] ReportSection section_of(const SeedOutcome& outcome);
// {p50,p90,p95,p99,p999,max} in milliseconds.
[[nodiscard]] Json percentiles_ms(const Histogram& histogram);

}  // namespace cqrs
