// The ledger of a load on a thread of its own, so that no disk ever makes the schedule late: it
// extends the intent ahead of what is sent, takes outcomes in batches, and syncs every second.
#pragma once

#include "core/verify/op_ledger.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::load {

class LedgerLane {
 public:
  // Takes the first intent at once, before it returns. `ahead`: how many operations the intent
  // stays ahead of those asked for.
  LedgerLane(std::unique_ptr<OpLedgerWriter> writer, std::uint64_t ahead);
  LedgerLane(const LedgerLane&) = delete;
  LedgerLane& operator=(const LedgerLane&) = delete;
  ~LedgerLane();

  // Whether operation `number` may be sent now; asks for more when the intent comes to its end.
  // Thread-safe, costs two loads.
  [[nodiscard]] bool allows(std::uint64_t number);
  // Thread-safe; takes the records out of `batch`, which keeps its memory.
  void record(std::vector<OpOutcomeRecord>& batch);
  // The regular end: everything recorded is durable, and nothing from `next` on was sent.
  [[nodiscard]] Status close(std::uint64_t next);
  // Nothing more can be recorded: the run must end. Thread-safe.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }
  [[nodiscard]] Status problem();

 private:
  void run();
  [[nodiscard]] Status step(const std::vector<OpOutcomeRecord>& batch, bool sync);

  const std::unique_ptr<OpLedgerWriter> writer_;
  const std::uint64_t ahead_;
  std::atomic<std::uint64_t> allowed_{0};  // numbers below it may be sent
  std::atomic<std::uint64_t> wanted_{0};   // the highest that was asked for
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<OpOutcomeRecord> waiting_;
  bool stopping_ = false;
  Status problem_;
  std::thread thread_;
};

}  // namespace cqrs::load
