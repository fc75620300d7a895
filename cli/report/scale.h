// Axes: from values to places on a plot, with few ticks at round values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cqrs {

enum class PlotUnit : std::uint8_t {
  kPerSecond,
  kMicros,
  kSeconds,
  kCount,
  kBytes,
  kCores,
  kShare
};

// "2 ms", "1.5k", "20 MB", "99.9 %": as short as an axis wants it.
[[nodiscard]] std::string tick_text(double value, PlotUnit unit);

struct Tick {
  double value = 0;
  std::string label;
  bool minor = false;  // left out where there is little room
};

struct Scale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;  // rising, all within low and high
  // 0 at the low end, 1 at the high one; what lies beyond is at the end.
  [[nodiscard]] double at(double value) const;
};

// From 0 to a round value at or above `most`, 2 to 5 ticks above 0.
[[nodiscard]] Scale linear_scale(double most, PlotUnit unit);
// From a 1-2-5 value at or below `least` to one at or above `most`; for values above 0.
[[nodiscard]] Scale log_scale(double least, double most, PlotUnit unit);
// Exactly from 0 to `seconds`: 3 to 7 ticks at whole seconds, minutes or hours.
[[nodiscard]] Scale time_scale(double seconds);
// Percentiles by their distance to 100 %: 0 at 0 %, 1 at 90 %, 2 at 99 %; `nines` is the end.
[[nodiscard]] Scale nines_scale(double nines);

}  // namespace cqrs
