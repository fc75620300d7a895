// Points of a line in a plot, and few enough of them for a page, without losing a peak.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

namespace cqrs {

struct Point {
  double x = 0;
  double y = 0;  // not a number: nothing is known here, the line is interrupted
  [[nodiscard]] bool known() const { return !std::isnan(y); }
};
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// At most `most` points (and two more at the ends), in order of x: of each stretch the lowest and
// the highest. All of them when they are few enough.
[[nodiscard]] std::vector<Point> downsampled(const std::vector<Point>& points, std::size_t most);

}  // namespace cqrs
