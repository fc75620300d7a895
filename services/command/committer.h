// The thread that commits: takes whatever commands are waiting, executes them as one group, answers
// each. A batch grows with load and never waits when idle.
#pragma once

#include "core/base/queue.h"
#include "core/write/command_handler.h"

#include "services/chassis/metrics.h"
#include "services/command/timed_store.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace cqrs {

// Receives outcomes on the committer's thread; must be quick.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void deliver(std::size_t index, Outcome&& outcome) = 0;
};

// Credentials that were wrapped elsewhere, to be stored by the one thread that may write.
struct UpgradeJob {
  std::vector<CredentialUpgrade> upgrades;
  std::promise<Status> done;
};

struct PendingCommand {
  Command command;
  std::shared_ptr<Reply> reply;
  std::size_t index = 0;  // handed back to the reply
  const char* name = "";  // for metrics, e.g. "create_user"
  // Set: this is no command but the job, and `reply` is empty.
  std::shared_ptr<UpgradeJob> job = nullptr;
};

struct CommitterOptions {
  std::size_t queue_limit = 20'000;  // commands waiting; more are refused with `overloaded`
  std::size_t batch_max = 1'000;     // commands per transaction
  // How long a commit may stay unannounced. Longer than 0, those who wait for outcomes get ahead of
  // those who are woken by announcements, which is good where they share processors.
  std::chrono::microseconds announce_within{0};
};

class Committer {
 public:
  // `store`, `clock` and `metrics` must outlive the committer. `on_commit` is called after each
  // group with the last known position, on the committer's thread.
  Committer(WriteStore& store, const Clock& clock, Metrics& metrics,
            std::function<void(Position)> on_commit, const CommitterOptions& options = {});
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  ~Committer();  // as stop()

  // Accepts all of `commands` or none; thread-safe. Error: overloaded (the queue is full: the limit
  // is named), unavailable (stopping).
  [[nodiscard]] Status submit(std::vector<PendingCommand>& commands);
  // Stores them in a transaction of their own, between two groups, and waits until that is done.
  // Thread-safe; not on the committer's thread. Errors: as submit(), and those of the store.
  [[nodiscard]] Status commit_upgrades(std::vector<CredentialUpgrade> upgrades);
  // Commits what was accepted, then ends. Idempotent.
  void stop();
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  void run();
  void execute(std::vector<PendingCommand>& batch);
  void announce_when_due();
  // Takes the jobs out of the batch.
  void run_jobs(std::vector<PendingCommand>& batch);

  CommitterOptions options_;
  TimedWriteStore store_;
  CommandHandler handler_;
  CpuLap cpu_;
  Metrics& metrics_;
  std::function<void(Position)> on_commit_;
  BoundedQueue<PendingCommand> queue_;
  std::optional<std::chrono::steady_clock::time_point> unannounced_;  // since
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace cqrs
