// One thread of a load: sends its share of the schedule when it is due, whatever became of what was
// sent before, turns every answer into an outcome, and afterwards asks again under the same key
// what became of every command whose outcome it does not know.
#pragma once

#include "core/workload/scenario.h"

#include "cli/load/dialect.h"
#include "cli/load/grpc_client.h"
#include "cli/load/ledger_lane.h"
#include "cli/load/load_stats.h"
#include "cli/load/op_source.h"
#include "cli/load/probe_lane.h"

#include <atomic>
#include <deque>
#include <string>
#include <vector>

namespace cqrs::load {

// What the threads of one run have in common; all of it outlives them.
struct LoadParts {
  const Scenario& scenario;
  const OpValues& values;
  ClientOptions client;
  std::optional<GrpcOptions> grpc;             // to the roles directly, instead
  SteadyTime start{};                          // of the first phase …
  Timestamp started_at;                        // … by the clock of the world
  LedgerLane* ledger = nullptr;                // nullptr: none is kept
  ProbeLane* probes = nullptr;                 // nullptr: none
  bool record_reads = false;                   // in the ledger, too
  std::chrono::milliseconds patience{60'000};  // for resolving what is unknown
  const std::atomic<bool>& stop;               // send nothing new; what is in flight is awaited
  const std::atomic<bool>& abandon;            // end at once
};

class LoadWorker {
 public:
  // `max_in_flight`: unanswered operations of this thread.
  LoadWorker(const LoadParts& parts, Share share, std::unique_ptr<Dialect> dialect,
             std::uint64_t max_in_flight);

  // On the calling thread, until everything that was sent has its outcome or patience is over. What
  // is unknown then stands so in the ledger. Errors: unavailable (never connected).
  [[nodiscard]] Status run();

  // Thread-safe while it runs.
  [[nodiscard]] SharedWindow& window() { return window_; }
  [[nodiscard]] std::uint64_t in_flight() const {
    return in_flight_.load(std::memory_order_relaxed);
  }
  // Every operation of the schedule has been sent, or the run was stopped.
  [[nodiscard]] bool schedule_over() const { return over_.load(std::memory_order_relaxed); }

  // After run().
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] const OpTable& table() const { return table_; }
  [[nodiscard]] const Histogram& schedule_lag() const { return schedule_lag_; }
  [[nodiscard]] Position last_position() const { return last_position_; }
  [[nodiscard]] SteadyTime last_acknowledged() const { return last_acknowledged_; }
  [[nodiscard]] SteadyTime last_sent() const { return last_sent_; }
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
  [[nodiscard]] const std::string& first_failure() const { return first_failure_; }
  [[nodiscard]] double busy() const { return busy_; }  // share of a processor, while sending

 private:
  struct Slot {
    ScheduledOp op;
    SteadyTime sent{};
    bool again = false;
  };
  struct Unknown {
    ScheduledOp op;
    SteadyTime sent{};
    SteadyTime not_before{};
    std::uint32_t times = 1;
  };

  [[nodiscard]] bool next(Prepared& request);
  [[nodiscard]] bool next_unknown(Prepared& request, SteadyTime now);
  void prepare(Prepared& request, const ScheduledOp& op, SteadyTime now, bool again);
  void done(const Answer& answer);
  void first_outcome(const Slot& slot, const Answer& answer, const OpAnswer& said);
  [[nodiscard]] OpAnswer found_out(const Slot& slot, const Answer& answer);
  void resolve(const Slot& slot, const OpAnswer& said, SteadyTime now);
  void acknowledge(const ScheduledOp& op, const OpAnswer& said, SteadyTime now);
  void keep_unknown(const ScheduledOp& op, SteadyTime sent, SteadyTime now, std::uint32_t times);
  void measure(const Slot& slot, const Answer& answer, const OpAnswer& said);
  void record(const ScheduledOp& op, SteadyTime sent, SteadyTime completed, LedgerStatus status,
              const OpAnswer& said);
  [[nodiscard]] SteadyTime due() const;
  [[nodiscard]] bool more_to_come();
  void tick();
  void give_up_rest();
  [[nodiscard]] OpStats& stats_of(Operation operation);
  [[nodiscard]] std::uint64_t take_slot();

  const LoadParts parts_;
  const std::unique_ptr<Dialect> dialect_;
  const std::uint64_t max_in_flight_;
  OpSource source_;
  SharedWindow window_;
  std::atomic<std::uint64_t> in_flight_{0};
  std::atomic<bool> over_{false};
  std::atomic<bool> quit_{false};
  std::optional<ScheduledOp> held_;  // due, and the ledger does not allow it yet
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> free_;
  std::deque<Unknown> unknown_;
  std::uint64_t asking_ = 0;  // unknown ones in flight again
  std::vector<OpOutcomeRecord> outcomes_;
  Totals totals_;
  OpTable table_;
  Histogram schedule_lag_;
  Position last_position_ = 0;
  SteadyTime last_acknowledged_{};
  SteadyTime last_sent_{};
  SteadyTime over_at_{};
  std::uint64_t next_number_ = 0;
  std::string first_failure_;
  double cpu_at_start_ = 0;
  double busy_ = 0;
};

}  // namespace cqrs::load
