#include "cli/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace cqrs::load {

SteadyTime Schedule::due_at(std::uint64_t index, SteadyTime now) const {
  if (!open()) return now;
  return start_ +
         std::chrono::nanoseconds(std::llround(static_cast<double>(index) * 1e9 / per_second_));
}

std::uint64_t Schedule::intended_by(SteadyTime now) const {
  if (!open() || now < start_) return 0;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  // The first is due at the start itself. Rounding must not call one due that due_at() places a
  // nanosecond later.
  auto count = static_cast<std::uint64_t>(seconds * per_second_) + 1;
  while (count > 0 && due_at(count - 1, now) > now) --count;
  while (due_at(count, now) <= now) ++count;
  return count;
}

double Schedule::achieved_ratio(std::uint64_t sent, SteadyTime now) const {
  const std::uint64_t intended = intended_by(now);
  if (intended == 0) return 1;
  return std::min(1.0, static_cast<double>(sent) / static_cast<double>(intended));
}

}  // namespace cqrs::load
