// verify with --target: holds a foreign system to the ledgers of this data directory, and with
// --probe makes experiments on it.
#pragma once

#include "core/base/json_tree.h"

#include "cli/commands/commands.h"
#include "cli/target/foreign_report.h"

#include <string>
#include <vector>

namespace cqrs {

struct TargetOutcome {
  explicit TargetOutcome(std::size_t limit) : report(limit) {}
  target::ForeignReport report;
  std::string name;
  std::string url;
  std::vector<std::string> ledgers;
  bool probed = false;
  double elapsed_s = 0;
  [[nodiscard]] std::string verdict() const;  // pass, fail, inconclusive
  [[nodiscard]] ExitCode code() const;
};

// Errors: invalid (options, the profile), not_found (nothing to compare with), unavailable.
[[nodiscard]] Result<TargetOutcome> verify_target(const VerifyOptions& options, Context& context);
[[nodiscard]] ExitCode run_verify_target(const VerifyOptions& options, Context& context);

[[nodiscard]] Json json_of(const TargetOutcome& outcome);
void print(const TargetOutcome& outcome, std::ostream& out);

}  // namespace cqrs
