// Runs one verification over the stores of a system: sources, threads, waiting, progress.
#pragma once

#include "core/verify/verify.h"
#include "core/wiring/data_dir.h"
#include "core/wiring/sources.h"

#include "cli/context.h"

#include <chrono>
#include <functional>

namespace cqrs {

struct VerifyRun {
  VerifyChecks checks;
  std::vector<const Ledger*> ledgers;
  std::vector<const OpLedger*> loads;
  std::size_t limit = 100;
  std::optional<Position> as_of;
  std::chrono::milliseconds min_age{0};
  std::chrono::milliseconds settle{0};
  int generation = 0;  // 0: the live one
};

// The same stores again at every call. `generation` 0: the live one.
using OpenSources = std::function<Result<Sources>(int generation)>;

// Two edges at a time, each with sources of its own. Errors: those of verify() and of the files;
// timeout when the user interrupted it.
[[nodiscard]] Result<VerifyReport> run_verification(const OpenSources& open, const VerifyRun& run,
                                                    Context& context);
[[nodiscard]] Result<VerifyReport> run_verification(const DataDir& dir, const VerifyRun& run,
                                                    Context& context);

}  // namespace cqrs
