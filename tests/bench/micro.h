// A small harness for micro benchmarks: processor time per operation on one thread, median of
// several samples, so that a busy machine shows as spread and not as another result.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::bench {

struct Micro {
  std::string name;
  // Operations that one call of `run` stands for.
  double operations = 1;
  std::function<void()> run;
  // Called before every sample, not measured; may be empty.
  std::function<void()> prepare;
  // With `prepare` a sample is one call; without, as many calls as fill its time.
};

struct MicroResult {
  double median_ns = 0;  // processor time per operation
  double least_ns = 0;
  double most_ns = 0;
};

[[nodiscard]] MicroResult measure(const Micro& micro, int samples, double sample_seconds);

// Keeps the compiler from dropping a result that nobody looks at.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace cqrs::bench
