// Runs the generations of the views: one thread per generation applies events, whether it is the
// live one, a shadow being filled, or an old one kept for switching back. Also creates, switches,
// drops.
#pragma once

#include "services/projector/runner.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cqrs {

// How the runners get their stores; wiring fills it in.
struct GenerationStores {
  std::function<Result<std::unique_ptr<History>>()> open_history;
  // What a generation follows; empty: the record itself.
  std::function<Result<std::unique_ptr<EventLog>>(int generation)> open_log = {};
  std::function<Result<std::unique_ptr<ProjectionStore>>(int generation)> open_projection;
  // Where the commits of a generation are carried out; empty: by the thread that works them out.
  std::function<std::unique_ptr<CommitLane>()> open_lane = {};
  std::function<Status(int generation)> remove;
  // Removes the files of all other generations and gives their numbers.
  std::function<Result<std::vector<int>>(const std::vector<Generation>& known)> remove_strays;
  // Waits until nobody anywhere reads that generation any more, which is no longer live; false:
  // gave up. Empty: the readers are those of this process, who pin what they read.
  std::function<bool(int generation)> wait_for_readers = {};
};

class Generations {
 public:
  // `catalog`, `position`, `metrics` and `clock` must outlive it.
  Generations(GenerationCatalog& catalog, GenerationStores stores, ReadPosition& position,
              Metrics& metrics, const Clock& clock);
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;
  ~Generations();  // as stop()

  // Starts every generation of the catalog, and removes what a kill left of others. Errors: those
  // of opening and Projector::start() for the live one; another generation that cannot start is
  // reported by status() instead.
  // `rebuild`: a new live generation is filled from the first event, whatever state the views are
  // in; the one that was live is left behind like after a switch, and need not be fit to start.
  [[nodiscard]] Status start(bool rebuild);
  // Something was committed: wakes the projectors. Thread-safe, quick.
  void wake(Position head);
  // Applies everything that is committed by now to the live views, then ends the threads; the
  // others go on at their checkpoints next time. Idempotent.
  void stop();

  // The administration; thread-safe, one at a time.
  struct Created {
    int number = 0;
    bool adopted = false;  // an unfinished one goes on; nothing new was made
    Position applied = 0;  // so far
  };
  // A new shadow from the first event, or with `adopt` the latest unfinished one when there is one.
  // `rate`: events per second that it may apply while it is not live, 0 for no limit.
  [[nodiscard]] Result<Created> create(bool adopt, std::int64_t rate);
  // Moves readers. None of them ever sees an older state than before, and none is refused. Waits
  // until `to` is level. Errors: not_found, version_conflict (`expected` is not live any more, or
  // `to` has stopped or was found to differ), unavailable (it did not draw level in time).
  [[nodiscard]] Status switch_live(int expected, int to);
  // Keeps what a comparison with the write side said. Error: not_found.
  [[nodiscard]] Status set_proof(int number, bool equal);
  // Errors: not_found, invalid (it is live), unavailable (files could not be removed).
  [[nodiscard]] Status drop(int number);
  [[nodiscard]] std::vector<GenerationStatus> status() const;
  [[nodiscard]] Position head() const { return board_.head.load(); }

 private:
  using Lock = std::unique_lock<std::mutex>;
  [[nodiscard]] Status start_runner(const Generation& generation);
  [[nodiscard]] Status leave_live_behind();
  void remove_strays(const std::vector<Generation>& known);
  [[nodiscard]] Result<std::optional<Generation>> find_unfinished();
  // All with the board's lock held.
  [[nodiscard]] Status may_switch(int expected, int to) const;
  [[nodiscard]] Position behind(int to) const;
  [[nodiscard]] Status hold_level(Lock& lock, int expected, int to);
  [[nodiscard]] Status move_pointer(Lock& lock, int expected, int to);
  void release(int number);
  [[nodiscard]] Result<std::unique_ptr<EventLog>> open_log(int generation);
  [[nodiscard]] bool wait_for_readers(int generation);

  GenerationCatalog& catalog_;
  GenerationStores stores_;
  const Clock& clock_;
  mutable Board board_;
  std::map<int, std::unique_ptr<Runner>> runners_;  // guarded by the board's mutex
  std::map<int, GenerationStatus> not_started_;     // the same
  std::mutex admin_mutex_;
};

}  // namespace cqrs
