// Seeds a running system through its HTTP API: users and products, then orders that refer to both,
// every command under an idempotency key, everything in the ledger, until all of it is visible.
// A run that was broken off is taken up where its ledger says it was.
#pragma once

#include "core/verify/ledger_progress.h"
#include "core/workload/generator.h"
#include "core/workload/histogram.h"

#include "cli/context.h"
#include "cli/system/cpu_split.h"
#include "cli/system/running.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace cqrs {

enum class SeedVia : std::uint8_t { kHttp, kBulk };

struct SeedPlan {
  WorkloadShape shape;
  SeedVia via = SeedVia::kHttp;
  std::size_t connections = 8;
  std::size_t depth = 64;           // unanswered requests per connection
  std::size_t batch = 500;          // commands per request, bulk only
  double rate = 0;                  // commands per second, open model; 0: closed
  std::uint64_t max_in_flight = 0;  // commands; 0: what connections, depth and batch come to
  std::string ledger_path;
  bool resume = false;                         // the ledger is there, and its shape is `shape`
  std::chrono::milliseconds timeout{30'000};   // per request
  std::chrono::milliseconds settle{60'000};    // for everything to be visible
  std::chrono::milliseconds patience{60'000};  // without any outcome, before unknown ones are left
};

// By the ledger, over all runs that wrote it.
struct SeedTotals {
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t open = 0;  // not sent, or without a known outcome
};

struct SeedResult {
  std::uint64_t before = 0;  // settled by earlier runs of the same ledger
  std::uint64_t sent = 0;    // commands; a retry of the same key is not counted again
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;
  std::uint64_t retries = 0;
  std::uint64_t replayed = 0;   // answered from an idempotency record, or found to be there
  std::string first_rejection;  // for people: what the first refused command was told
  double acknowledged_s = 0;    // first scheduled send to last acknowledgement
  double visible_after_s = 0;   // last acknowledgement until everything acknowledged is visible
  bool all_visible = false;
  bool interrupted = false;
  Position last_position = 0;
  Histogram latency;       // from the scheduled time
  Histogram service_time;  // from the sending
  Histogram schedule_lag;  // from the scheduled time to the first sending; open model only
  Histogram staleness;
  double achieved_ratio = 1;  // sent / intended until the last send; 1 in the closed model
  double sent_per_s = 0;
  CpuReading cost;  // by part; zeroes when the service could not be asked
  double client_cpu_s = 0;
  double server_cpu_s = 0;
  std::uint64_t client_rss = 0;
  std::uint64_t server_rss = 0;
  SeedTotals totals;
  [[nodiscard]] double elapsed_s() const { return acknowledged_s + visible_after_s; }
  [[nodiscard]] double entities_per_s() const {
    return elapsed_s() > 0 ? static_cast<double>(acknowledged) / elapsed_s() : 0;
  }
};

// Errors: already_exists (the ledger is there already, and this is no resume), invalid (another
// process writes to it), corrupt (the ledger), unavailable (the system cannot be reached at all, or
// the ledger cannot be written). An interrupted or partly unknown run is a result, not an error.
[[nodiscard]] Result<SeedResult> run_seed_plan(const SeedPlan& plan, const RunningSystem& system,
                                               const Context& context);

}  // namespace cqrs
