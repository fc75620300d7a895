// Progress on stderr: one refreshing block on a terminal, one line every 5 s in fixed columns
// elsewhere. Called from the working thread; costs a clock reading when nothing is due.
#pragma once

#include "core/workload/histogram.h"

#include "cli/context.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace cqrs {

struct ProgressNumbers {
  std::string phase;
  double target = 0;  // per second; 0: a closed loop has none
  std::uint64_t total = 0;
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t errors = 0;
  std::uint64_t in_flight = 0;
  std::int64_t lag_records = -1;  // -1: not known
  std::int64_t lag_millis = -1;
  std::int64_t staleness_p99 = -1;  // microseconds
};

class Progress {
 public:
  explicit Progress(const Context& context);
  // Records one latency for the percentiles of the current second.
  void latency(std::int64_t micros, std::uint32_t times = 1) { window_.record(micros, times); }
  void latencies(const Histogram& of_many) { window_.merge(of_many); }
  // Whether tick() would print: lets callers skip gathering numbers.
  [[nodiscard]] bool due(std::chrono::steady_clock::time_point now) const {
    return enabled_ && now >= next_;
  }
  void tick(const ProgressNumbers& numbers, std::chrono::steady_clock::time_point now);
  // Removes the block from the terminal so that the result can follow.
  void finish();

 private:
  void block(const ProgressNumbers& numbers, double elapsed, double sent_rate, double rate);
  // Columns that scripts may read: t, target, sent and ack per second, then the state of the
  // moment.
  void line(const ProgressNumbers& numbers, double elapsed, double sent_rate, double rate);

  const Context& context_;
  bool enabled_;
  bool terminal_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point next_;
  std::chrono::steady_clock::time_point last_;
  std::uint64_t last_sent_ = 0;
  std::uint64_t last_acknowledged_ = 0;
  int lines_ = 0;
  Histogram window_;
};

}  // namespace cqrs
