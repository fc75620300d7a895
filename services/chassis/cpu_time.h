// Processor time of threads, for telling what each stage of the service costs. Reading it is a
// system call: once per batch, never per command.
#pragma once

#include <chrono>
#include <ctime>

namespace cqrs {

// Of the calling thread since its start.
[[nodiscard]] inline std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Of all threads of this process since its start.
[[nodiscard]] inline std::chrono::nanoseconds process_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Cuts one thread's processor time into laps: nothing between two batches is lost. Used by one
// thread, which may be another one than the maker's: the first lap starts at that thread's start.
class CpuLap {
 public:
  [[nodiscard]] std::chrono::nanoseconds lap() {
    const auto now = thread_cpu_time();
    const auto took = now - last_;
    last_ = now;
    return took;
  }

 private:
  std::chrono::nanoseconds last_{};
};

}  // namespace cqrs
