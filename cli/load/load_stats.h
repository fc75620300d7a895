// What one thread of a load counts and measures. The thread writes; the series and the result are
// read from other threads, through the lock that each window has.
#pragma once

#include "core/workload/histogram.h"
#include "core/workload/operation.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cqrs::load {

// One operation over the whole run, warm-up left out.
struct OpStats {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;
  Histogram latency;
  Histogram service_time;
  Histogram failure;
  std::map<std::string, std::uint64_t> failures;
  void merge(const OpStats& other);
};

// Since the last look.
struct Window {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t errors = 0;
  std::uint64_t reads = 0;  // queries that have their outcome …
  std::uint64_t reads_ok = 0;
  Histogram latency;
  Histogram schedule_lag;
  void merge(const Window& other);
  void clear();
};

struct Totals {
  std::uint64_t sent = 0;  // warm-up and queries included
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;
  std::uint64_t resolved = 0;
  std::uint64_t substituted = 0;
  void add(const Totals& other);
};

// The window of one thread: locked for nanoseconds at every operation, and once a second to be
// taken.
class SharedWindow {
 public:
  template <class Change>
  void change(const Change& apply) {
    const std::lock_guard lock(mutex_);
    apply(window_);
  }
  // Adds what was gathered to `sum` and begins anew.
  void take(Window& sum) {
    const std::lock_guard lock(mutex_);
    sum.merge(window_);
    window_.clear();
  }

 private:
  std::mutex mutex_;
  Window window_;
};

using OpTable = std::array<std::unique_ptr<OpStats>, kOperations>;  // nullptr: never sent

}  // namespace cqrs::load
