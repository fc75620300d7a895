// One line of progress on stderr for work that is counted in rows: refreshed on a terminal, every
// 5 s elsewhere. Thread-safe; costs a clock reading when nothing is due.
#pragma once

#include "cli/context.h"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace cqrs {

class WorkProgress {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `context` must outlive it.
  WorkProgress(const Context& context, std::string phase);
  // Rows that were just done.
  void add(std::int64_t rows, Time now);
  // Something else is going on, e.g. "waiting for the views".
  void tick(const std::string& what, Time now);
  // Removes the line from the terminal so that the result can follow.
  void finish();

 private:
  void print(const std::string& what, Time now);

  const Context& context_;
  const std::string phase_;
  const bool enabled_;
  const bool terminal_;
  const Time started_;
  std::mutex mutex_;
  Time next_;
  std::int64_t rows_ = 0;
  bool shown_ = false;
};

}  // namespace cqrs
