// Runs a timeline of faults beside a load, on a thread of its own, and watches how soon the read
// side catches up after each.
//
//   auto faults = SystemFaults::find(dir);               // errors before anything is sent
//   CQRS_TRY(check_faults(scenario.faults, **faults));
//   FaultRunner runner(scenario.faults, **faults, position_of(endpoint));
//   runner.start(start_of_first_phase);
//   …                                                    // the load
//   runner.heal();                                       // the load is over, or was interrupted
//   …                                                    // until everything is visible
//   runner.stop();                                       // the destructor does it, too
//   record.faults = runner.records();
#pragma once

#include "cli/faults/fault_timeline.h"
#include "cli/load/pipeline_client.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cqrs {

struct ReadPosition {
  std::int64_t head = 0;     // of the record
  std::int64_t applied = 0;  // what the views show
};
// Asks a system; nothing: it did not answer. Called on the runner's thread, may block.
using PositionProbe = std::function<std::optional<ReadPosition>()>;
// GET /v1/sync-status, with a patience of 2 s.
[[nodiscard]] PositionProbe position_of(const load::Endpoint& endpoint);

// However it ends (heal(), stop(), destroyed after an exception), nothing stays broken: what can
// end the process without that is SIGKILL, and a second Ctrl-C.
class FaultRunner {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // `executor` outlives this. `probe` may be empty: then no recovery is measured.
  FaultRunner(std::vector<Fault> faults, FaultExecutor& executor, PositionProbe probe);
  FaultRunner(const FaultRunner&) = delete;
  FaultRunner& operator=(const FaultRunner&) = delete;
  ~FaultRunner();

  // Once. Times of faults count from `origin`.
  void start(SteadyTime origin);
  // Ends every fault now and does no more of them; returns when that is done, which takes as long
  // as starting what was killed. The positions are watched on. Any number of times.
  void heal();
  // heal(), and the thread ends.
  void stop();
  // Waits until every fault that is over was recovered from; false: not within `patience`.
  [[nodiscard]] bool await_recovery(std::chrono::milliseconds patience);

  // As of now; complete after stop(). From any thread.
  [[nodiscard]] std::vector<FaultRecord> records() const;
  // How many faults are going on. From any thread.
  [[nodiscard]] std::size_t open() const;

 private:
  void run();
  void publish();
  [[nodiscard]] FaultTimeline::Offset elapsed() const;

  SteadyTime origin_{};
  PositionProbe probe_;
  FaultTimeline timeline_;  // the thread's own once it runs
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool heal_ = false, healed_ = false, stop_ = false;
  bool unrecovered_ = false;
  std::size_t open_ = 0;
  std::vector<FaultRecord> records_;
  std::thread thread_;
};

}  // namespace cqrs
