// The result of a replay as people, programs and reports get it.
#pragma once

#include "core/events/event.h"

#include "cli/commands/commands.h"
#include "cli/report/report.h"

namespace cqrs {

struct ReplayOutcome {
  std::string verdict;  // pass, fail, inconclusive
  Position events = 0;
  double elapsed_s = 0;  // filling the shadow; the proof has its own time
  double proof_s = 0;
  bool equal = false;
  bool switched = false;
  int generation = 0;
  int live_before = 0;
  std::string reason;
  ExitCode code = ExitCode::kDone;
};

// Fills a shadow generation from the record, proves it equal, switches when asked to.
[[nodiscard]] Result<ReplayOutcome> replay(const ReplayOptions& options, Context& context);

// The live one in an answer of GET /v1/admin/generations; 0 when there is none.
[[nodiscard]] int live_generation_of(const Json& generations);

[[nodiscard]] Json json_of(const ReplayOutcome& outcome);
void print(const ReplayOutcome& outcome, std::ostream& out);
[[nodiscard]] ReportSection section_of(const ReplayOutcome& outcome);

}  // namespace cqrs
