// Runs the generations of the views: one thread per generation applies events, whether it is the
// live one, a shadow being filled, or an old one kept for switching back. Also creates, switches,
// drops.
#pragma once

#include "core/log/event_log.h"
#include "core/project/projector.h"
#include "core/read/generation_catalog.h"
#include "core/write/history.h"

#include "services/chassis/metrics.h"
#include "services/chassis/read_position.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cqrs {

// How the runner gets its stores; wiring fills it in.
struct GenerationStores {
  std::function<Result<std::unique_ptr<History>>()> open_history;
  std::function<Result<std::unique_ptr<ProjectionStore>>(int generation)> open_projection;
  std::function<Status(int generation)> remove;
};

struct GenerationStatus {
  int number = 0;
  bool live = false;
  Position applied = 0;
  std::uint64_t events = 0;      // applied since this process started
  std::uint64_t duplicates = 0;  // dropped by the gate
  std::uint64_t parked = 0;
  std::string problem;  // why it stopped, empty while it runs
};

class Generations {
 public:
  // `catalog`, `position`, `metrics` and `clock` must outlive it.
  Generations(GenerationCatalog& catalog, GenerationStores stores, ReadPosition& position,
              Metrics& metrics, const Clock& clock);
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;
  ~Generations();  // as stop()

  // Starts every generation of the catalog. Errors: those of opening and Projector::start() for the
  // live one; another generation that cannot start is reported by status() instead.
  // `rebuild`: views that were built from another record are left behind, and a new live generation
  // is filled from the first event instead of refusing to start.
  [[nodiscard]] Status start(bool rebuild);
  // Something was committed: wakes the projectors. Thread-safe, quick.
  void wake(Position head);
  // Applies everything that is committed, then ends the threads. Idempotent.
  void stop();

  // The administration; thread-safe, one at a time.
  [[nodiscard]] Result<int> create();
  [[nodiscard]] Status switch_live(int expected, int to);
  [[nodiscard]] Status drop(int number);
  [[nodiscard]] std::vector<GenerationStatus> status() const;
  [[nodiscard]] Position head() const { return head_.load(); }

 private:
  struct Runner;
  [[nodiscard]] Status start_runner(int number, bool live);
  [[nodiscard]] Status replace_live(int refused);
  [[nodiscard]] Status may_switch(int to) const;
  void run(Runner& runner);
  void publish(const Runner& runner, Timestamp last_event);

  GenerationCatalog& catalog_;
  GenerationStores stores_;
  ReadPosition& position_;
  Metrics& metrics_;
  const Clock& clock_;
  std::atomic<Position> head_{0};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<int, std::unique_ptr<Runner>> runners_;
  int live_ = 0;

  std::mutex admin_mutex_;
};

}  // namespace cqrs
