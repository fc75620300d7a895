// The result of a seed as people, programs and reports get it.
#pragma once

#include "cli/commands/commands.h"
#include "cli/load/seed_run.h"
#include "cli/report/report.h"

namespace cqrs {

struct SeedOutcome {
  SeedPlan plan;
  SeedResult result;
  std::int64_t lost = -1;  // acknowledged and not in the write store; -1: not checked
  double verify_s = 0;
  std::string verdict;  // pass, fail, inconclusive
  ExitCode code = ExitCode::kDone;
};

// Errors: invalid (options, or this seed was run here before), not_found (nothing runs),
// unavailable.
[[nodiscard]] Result<SeedOutcome> seed(const SeedOptions& options, Context& context);

[[nodiscard]] Json json_of(const SeedOutcome& outcome);
void print(const SeedOutcome& outcome, std::ostream& out);
[[nodiscard]] ReportSection section_of(const SeedOutcome& outcome);
// {p50,p90,p95,p99,p999,max} in milliseconds.
[[nodiscard]] Json percentiles_ms(const Histogram& histogram);

}  // namespace cqrs
