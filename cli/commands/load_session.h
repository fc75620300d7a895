// One load from a scenario to its proof: finds the system, makes the data that the scenario wants
// to be there, runs it, verifies, judges. What `load`, `knee` and `chaos` have in common.
#pragma once

#include "core/workload/scenario.h"

#include "cli/context.h"
#include "cli/load/load_run.h"
#include "cli/report/run_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct LoadSettings {
  Scenario scenario;
  std::optional<std::uint64_t> seed;  // nothing: the scenario's, else a new one every time
  std::uint32_t shard = 1;
  std::uint32_t shards = 1;
  bool via_grpc = false;  // to the roles directly
  load::TlsOptions tls;   // for an https target
  unsigned threads = 1;
  std::size_t connections = 1'000;
  std::string ledger;         // empty: in the data directory
  bool keep_ledger = true;    // off: nothing is proven
  bool record_reads = false;  // in the ledger, too
  bool verify = true;
  double min_achieved = 0.99;
  std::vector<std::string> verify_modes;  // empty: those that the scenario expects
};

// Everything is checked before anything is sent. Errors: invalid (options, scenario, a fault that
// is not possible here), not_found (nothing runs), those of run_load and of verification.
[[nodiscard]] Result<RunRecord> run_load_session(const LoadSettings& settings, Context& context);

// Where reports of runs go.
[[nodiscard]] std::string run_report_directory(const Context& context);
// Prints the result of a run, writes its report, and gives its exit code.
[[nodiscard]] ExitCode deliver(const RunRecord& record, Context& context);

}  // namespace cqrs
