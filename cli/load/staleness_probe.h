// Measures staleness on a sample: from the scheduled send of a command until a read through the
// query API shows its effect. One probe at a time, on a thread and connection of its own.
#pragma once

#include "core/domain/stream_key.h"
#include "core/workload/histogram.h"

#include "cli/load/pipeline_client.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace cqrs::load {

class StalenessProbe {
 public:
  explicit StalenessProbe(const Endpoint& endpoint);
  StalenessProbe(const StalenessProbe&) = delete;
  StalenessProbe& operator=(const StalenessProbe&) = delete;
  ~StalenessProbe();

  // Whether an offer would be taken: lets callers skip making one.
  [[nodiscard]] bool wanted() const { return !busy_.load(std::memory_order_relaxed); }
  // Offers an acknowledged command; taken when no probe is under way. Cheap, never blocks.
  void offer(const StreamKey& key, std::int64_t version, SteadyTime scheduled);
  // What the last second's looks saw; -1 until the first. Thread-safe.
  [[nodiscard]] std::int64_t lag_records() const { return lag_records_; }
  [[nodiscard]] std::int64_t lag_millis() const { return lag_millis_; }
  [[nodiscard]] std::int64_t p99_micros() const { return p99_micros_; }
  // Ends the thread and gives what was measured, in microseconds.
  [[nodiscard]] Histogram finish();

 private:
  struct Sample {
    StreamKey key;
    std::int64_t version = 0;
    SteadyTime scheduled{};
  };
  void run();
  void measure(const Sample& sample);
  void look_at_lag();

  Endpoint endpoint_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable offered_;
  std::optional<Sample> next_;
  Histogram histogram_;
  SteadyTime last_look_{};
  std::atomic<std::int64_t> lag_records_{-1};
  std::atomic<std::int64_t> lag_millis_{-1};
  std::atomic<std::int64_t> p99_micros_{-1};
  std::thread thread_;
};

}  // namespace cqrs::load
