// The result of a verification as people, programs and reports get it.
#pragma once

#include "core/verify/verify.h"
#include "core/wiring/inject.h"

#include "cli/commands/commands.h"
#include "cli/commands/repair_file.h"
#include "cli/report/report.h"

#include <filesystem>
#include <optional>

namespace cqrs {

struct VerifyOutcome {
  VerifyReport report;
  std::string mode;
  double elapsed_s = 0;
  std::vector<std::string> ledgers;
  std::vector<Planted> planted;  // --inject
  bool exact = false;            // found exactly what was planted
  double min_age_s = 0;
  std::optional<RepairSummary> repair;  // --emit-repair
  [[nodiscard]] ExitCode code() const;
};

// Errors: invalid (options), not_found (no data), unavailable, corrupt.
[[nodiscard]] Result<VerifyOutcome> verify_system(const VerifyOptions& options, Context& context);

[[nodiscard]] Json json_of(const VerifyOutcome& outcome);
void print(const VerifyOutcome& outcome, std::ostream& out);
[[nodiscard]] std::vector<ReportCheck> checks_of(const VerifyOutcome& outcome);
[[nodiscard]] ReportSection section_of(const VerifyOutcome& outcome);

}  // namespace cqrs
