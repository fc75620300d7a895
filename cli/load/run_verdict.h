// What a load run comes to: its checks, its thresholds, and the exit code of the first that applies
// in the order of the table of exit codes.
#pragma once

#include "cli/load/load_run.h"
#include "cli/output/exit_code.h"
#include "cli/report/run_slos.h"

namespace cqrs::load {

// What was looked at after the run.
struct RunProof {
  bool verified = false;
  std::int64_t differences = 0;  // of any kind, ledger included
  std::int64_t lost = 0;
  SloFigures figures;              // by kind, for thresholds
  std::int64_t indeterminate = 0;  // of the ledger
  bool inconclusive = false;       // the views did not settle, or the like
  std::string reason;
};

// Fills verdict, headline, exit_code, slos and checks of the record. `slos`: all that must hold.
void judge_run(LoadOutcome& outcome, const LoadPlan& plan, const RunProof& proof);

}  // namespace cqrs::load
