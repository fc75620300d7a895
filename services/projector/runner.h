// One generation of the views on a thread of its own: applies events as they are committed, at the
// pace it is allowed, and stands still while it is held. Used by Generations only.
#pragma once

#include "core/log/event_log.h"
#include "core/project/projector.h"
#include "core/read/generation_catalog.h"
#include "core/write/history.h"

#include "services/chassis/cpu_time.h"
#include "services/chassis/metrics.h"
#include "services/chassis/read_position.h"
#include "services/projector/pace.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cqrs {

struct GenerationStatus {
  int number = 0;
  bool live = false;
  Position applied = 0;
  std::uint64_t events = 0;      // applied since this process started
  std::uint64_t duplicates = 0;  // dropped by the gate
  std::uint64_t parked = 0;
  std::int64_t rate = 0;  // events per second at most, 0: no limit
  Proof proof = Proof::kNone;
  bool served = false;      // it is the live one, or was once
  bool unfinished = false;  // of a replay that was not brought to its end
  std::string problem;      // why it does not move, empty while it does
  bool stopped = false;     // and it will not move again in this process
  bool superseded = false;  // because its epoch is no longer that of the views
};

// What the runners and their owner share.
struct Board {
  Board(ReadPosition& read_position, Metrics& all_metrics)
      : position(read_position), metrics(all_metrics) {}

  ReadPosition& position;
  Metrics& metrics;
  std::atomic<Position> head{0};

  std::mutex mutex;                 // guards what follows, and what Runner says it guards
  std::condition_variable wake;     // something for a runner to do, or to stop for
  std::condition_variable stepped;  // a runner finished a step, or ended
  int live = 0;
  bool stopping = false;
  Position stop_at =
      0;  // then the live views end when they have this much: others may go on writing
};

class Runner {
 public:
  struct Stores {
    std::unique_ptr<EventLog> log;
    std::unique_ptr<History> record;
    std::unique_ptr<ProjectionStore> views;
    std::unique_ptr<CommitLane> lane = nullptr;  // none: commits are this thread's own work
  };
  // `board` must outlive it.
  Runner(Board& board, const Generation& generation, Stores stores);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner();  // as join()

  // Becomes the owner of the views. Errors: those of Projector::start().
  [[nodiscard]] Status start();
  // Starts the thread; after start(), once.
  void launch();
  // Waits for the thread's end. The board must be stopping, or the runner dropped.
  void join();

  // All below: guarded by the board's mutex.
  [[nodiscard]] const GenerationStatus& status() const { return status_; }
  // Between two steps, so that what status() says is what readers find in the store.
  [[nodiscard]] bool at_rest() const { return !stepping_; }
  void hold(bool held) { held_ = held; }
  void drop() { dropped_ = true; }
  void set_rate(std::int64_t rate);
  void set_proof(Proof proof) { status_.proof = proof; }
  void set_served() { status_.served = true; }
  // Tells readers how far these views are.
  void publish() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Time = std::chrono::steady_clock::time_point;
  void run();
  [[nodiscard]] bool is_live() const { return status_.number == board_.live; }
  // What the thread and its lane have used since the last call.
  [[nodiscard]] std::chrono::nanoseconds cpu_lap();
  // False: there is nothing more to do, ever.
  [[nodiscard]] bool wait_for_turn(Lock& lock);
  // False: the runner ends.
  [[nodiscard]] bool note(const Result<std::size_t>& applied, Time started);

  Board& board_;
  Stores stores_;
  Projector projector_;
  GenerationStatus status_;
  Timestamp last_event_;
  Pace pace_;
  CpuLap cpu_;
  std::chrono::nanoseconds lane_cpu_{};
  Time retry_at_{};  // not before, whatever else happens
  Time look_at_{};   // then at the latest, when no wake-up comes
  bool held_ = false;
  bool dropped_ = false;
  bool stepping_ = false;
  std::thread thread_;
};

}  // namespace cqrs
