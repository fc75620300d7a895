// Runs a scenario against a system and tells everything that is known about it. Neither starts the
// system nor verifies it: whoever calls this does.
#pragma once

#include "core/workload/scenario.h"

#include "cli/context.h"
#include "cli/faults/fault_runner.h"
#include "cli/load/dialect.h"
#include "cli/load/grpc_client.h"
#include "cli/load/position_watch.h"
#include "cli/report/run_record.h"
#include "cli/system/running.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cqrs::load {

// The system under load.
struct LoadTarget {
  ClientOptions client;             // endpoint, TLS
  std::optional<GrpcOptions> grpc;  // where its roles are reached, when they serve that
  std::string url;
  std::string profile;  // "embedded", "standard", "foreign"
  // What its processes use together, when they are known and on this machine; empty: they are not.
  std::function<ProcessUsage()> usage;
  // One per thread. `values` outlives them.
  std::function<std::unique_ptr<Dialect>(const OpValues& values)> make_dialect;
  PositionWatch::Look look;  // empty: it has no positions; asked often, from one thread
  std::chrono::milliseconds look_pause{20};
};

struct LoadPlan {
  Scenario scenario;
  std::uint64_t seed = 0;
  WorkloadShape data;  // what is there before: made by the generator of this shape
  std::uint32_t shard = 1;
  std::uint32_t shards = 1;
  bool via_grpc = false;  // the target has such addresses
  unsigned threads = 1;
  std::size_t connections = 1'000;  // at most, over all threads
  std::string ledger;               // path of a new file; empty: none is kept
  bool record_reads = false;        // in the ledger, too
  bool await_visible = true;        // off: whether anything can be read is nobody's question
  double min_achieved = 0.99;
  std::vector<Slo> slos;  // those of the scenario and of the command line
};

// What decides the verdict, beside the figures.
struct RunFacts {
  bool interrupted = false;
  bool aborted = false;       // by a threshold
  double busiest = 0;         // thread of the generator: share of a processor
  bool all_visible = false;   // everything acknowledged, within the time that is allowed
  std::string first_failure;  // for people: what the first refused operation was told
};
struct LoadOutcome {
  RunRecord record;  // without verdict, thresholds and what a verification says
  RunFacts facts;
};

// `faults` may be nullptr. Errors: already_exists (the ledger), unavailable (never connected; the
// ledger cannot be written). An interrupted run is a result.
[[nodiscard]] Result<LoadOutcome> run_load(const LoadPlan& plan, const LoadTarget& target,
                                           FaultRunner* faults, Context& context);

}  // namespace cqrs::load
