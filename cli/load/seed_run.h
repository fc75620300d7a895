// Seeds a running system through its HTTP API: users, then products, then orders that refer to
// both, every command under an idempotency key, everything in the ledger, until all of it is
// visible.
#pragma once

#include "core/verify/ledger.h"
#include "core/workload/generator.h"
#include "core/workload/histogram.h"

#include "cli/context.h"
#include "cli/system/cpu_split.h"
#include "cli/system/running.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace cqrs {

struct SeedPlan {
  WorkloadShape shape;
  std::size_t connections = 8;
  std::size_t depth = 64;  // unanswered requests per connection
  std::string ledger_path;
  std::chrono::milliseconds patience{
      60'000};  // for unknown outcomes, and for everything to be visible
};

struct SeedResult {
  std::uint64_t sent = 0;  // commands; a retry of the same key is not counted again
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;
  std::uint64_t retries = 0;
  std::uint64_t replayed = 0;   // answered from an idempotency record
  std::string first_rejection;  // for people: what the first refused command was told
  double acknowledged_s = 0;    // first scheduled send to last acknowledgement
  double visible_after_s = 0;   // last acknowledgement until everything acknowledged is visible
  bool all_visible = false;
  Position last_position = 0;
  Histogram latency;
  Histogram staleness;
  std::array<double, kAllKinds.size()> phase_s{};
  CpuReading cost;  // by part; zeroes when the service could not be asked
  double client_cpu_s = 0;
  double server_cpu_s = 0;
  std::uint64_t client_rss = 0;
  std::uint64_t server_rss = 0;
  [[nodiscard]] double elapsed_s() const { return acknowledged_s + visible_after_s; }
  [[nodiscard]] double entities_per_s() const {
    return elapsed_s() > 0 ? static_cast<double>(acknowledged) / elapsed_s() : 0;
  }
};

// Errors: already_exists (the ledger is there already), unavailable (the system cannot be reached
// at all, or the ledger cannot be written). An interrupted or partly unknown run is a result, not
// an error.
[[nodiscard]] Result<SeedResult> run_seed_plan(const SeedPlan& plan, const RunningSystem& system,
                                               const Context& context);

}  // namespace cqrs
