// Faults at their times, and a record of each. Holds no thread and no clock: whoever drives it
// passes the time since the start of the first phase.
#pragma once

#include "cli/faults/fault_executor.h"
#include "cli/report/run_record.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// Before anything is sent: whether every fault makes sense by itself and can be done here. Error
// invalid: names each that cannot, by its number, and why.
[[nodiscard]] Status check_faults(const std::vector<Fault>& faults, const FaultExecutor& executor);

// Not thread-safe.
class FaultTimeline {
 public:
  using Offset = std::chrono::microseconds;
  using Clock = std::function<Offset()>;  // since the start of the first phase

  // Faults in any order; of equal times in that of the list. `executor` outlives this.
  FaultTimeline(std::vector<Fault> faults, FaultExecutor& executor, Clock clock);

  // Does the next that is due, if any, however long it takes. When to come back, which may have
  // passed already; nothing: all of it is done.
  std::optional<Offset> step();
  // Ends whatever is not over, and marks what was not reached. Afterwards step() does nothing.
  void end();

  // Whether something has ended of which it is not known how soon the read side caught up.
  [[nodiscard]] bool wants_position() const;
  // What GET /v1/sync-status said now. A fault's end is recovered from when the views show
  // everything that the record held when it was first asked after that end.
  void observe(std::int64_t head, std::int64_t applied);

  // In the order in which they were done. `until` is 0 for what is not over and for what is over at
  // once; endings leave a record only where there was nothing to end, or where they failed.
  [[nodiscard]] const std::vector<FaultRecord>& records() const { return records_; }
  // How many are not over.
  [[nodiscard]] std::size_t open() const;

 private:
  struct Planned {
    Offset at;
    Fault fault;
    bool automatic = false;  // by `lasting` of another
  };
  // What stands behind a record.
  struct Doing {
    FaultAction action = FaultAction::kKill;
    std::string target;
    bool over = false;
    bool recovers = true;      // whether there is anything to recover from
    std::int64_t wanted = -1;  // position that the views must reach; -1: not asked yet
  };

  void perform(const Planned& planned);
  // How many records this closed.
  std::size_t close(FaultAction ending, const std::string& target, double until);
  // What stands behind the new record, to be corrected.
  Doing& record(const Fault& fault, double at, double until, std::string note);
  [[nodiscard]] double now() const;

  FaultExecutor& executor_;
  Clock clock_;
  std::vector<Planned> planned_;
  std::size_t next_ = 0;
  std::vector<FaultRecord> records_;
  std::vector<Doing> doing_;  // beside records_
};

}  // namespace cqrs
