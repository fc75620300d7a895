#include "tests/bench/micro.h"

#include <algorithm>
#include <ctime>

namespace cqrs::bench {
namespace {

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_of(const Micro& micro, std::size_t calls) {
  const double started = thread_seconds();
  for (std::size_t i = 0; i < calls; ++i) micro.run();
  return thread_seconds() - started;
}

// So many calls that reading the clock and the noise of the scheduler do not matter.
std::size_t calls_for(const Micro& micro, double sample_seconds) {
  std::size_t calls = 1;
  for (;;) {
    const double took = seconds_of(micro, calls);
    if (took >= sample_seconds / 8) {
      return std::max<std::size_t>(
          1, static_cast<std::size_t>(static_cast<double>(calls) * sample_seconds / took));
    }
    calls *= 4;
  }
}

}  // namespace

MicroResult measure(const Micro& micro, int samples, double sample_seconds) {
  const std::size_t calls = micro.prepare ? 1 : calls_for(micro, sample_seconds);
  std::vector<double> taken;
  for (int i = 0; i < samples; ++i) {
    if (micro.prepare) micro.prepare();
    taken.push_back(seconds_of(micro, calls) * 1e9 /
                    (static_cast<double>(calls) * micro.operations));
  }
  std::sort(taken.begin(), taken.end());
  return {taken[taken.size() / 2], taken.front(), taken.back()};
}

}  // namespace cqrs::bench
