// A replay: fills a shadow generation from the record, proves it equal to the write side, and moves
// readers to it. What is left of it when it is killed is taken up by the next one.
#pragma once

#include "core/events/event.h"

#include "cli/commands/commands.h"
#include "cli/report/report.h"

#include <chrono>
#include <optional>

namespace cqrs {

// The options as they were understood.
struct ReplayPlan {
  std::int64_t rate = 0;  // events per second at most, 0: no limit
  std::chrono::milliseconds patience{};
  bool prove = true;
  bool switch_live = false;
};

struct ReplayOutcome {
  std::string verdict;      // pass, fail, inconclusive
  Position events = 0;      // applied by this run
  Position resumed_at = 0;  // what an earlier, unfinished replay had applied already
  bool adopted = false;     // whether there was one
  double elapsed_s = 0;     // filling the shadow; the proof has its own time
  double proof_s = 0;
  std::optional<bool> equal;  // the new generation equals the write side; empty: not proven
  bool live_equal = false;    // and so does the one that was live
  bool switched = false;
  int generation = 0;
  int live_before = 0;
  std::string reason;
  ExitCode code = ExitCode::kDone;
};

// Checks every option before anything is touched. Error invalid: names the option and what there
// is.
[[nodiscard]] Result<ReplayPlan> parse_replay(const ReplayOptions& options);

// Carries it out. Survives restarts of the service. Errors: unavailable (the service stayed away:
// says how to go on), timeout (not filled within --wait, or interrupted), corrupt (its projector
// stopped).
[[nodiscard]] Result<ReplayOutcome> replay(const ReplayPlan& plan, Context& context);

// The live one in an answer of GET /v1/admin/generations; 0 when there is none.
[[nodiscard]] int live_generation_of(const Json& generations);
// The shadow that the next replay goes on with; null when there is none.
[[nodiscard]] const Json* unfinished_generation_of(const Json& generations);

[[nodiscard]] Json json_of(const ReplayOutcome& outcome);
void print(const ReplayOutcome& outcome, std::ostream& out);
[[nodiscard]] ReportSection section_of(const ReplayOutcome& outcome);

}  // namespace cqrs
