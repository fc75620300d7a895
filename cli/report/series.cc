#include "cli/report/series.h"

#include <algorithm>

namespace cqrs {
namespace {

// The lowest and the highest of points[from, to), in their order; a gap stays a gap when all of it
// is one.
void append_extremes(std::vector<Point>& out, const std::vector<Point>& points, std::size_t from,
                     std::size_t to) {
  std::size_t lowest = to;
  std::size_t highest = to;
  for (std::size_t i = from; i < to; ++i) {
    if (!points[i].known()) continue;
    if (lowest == to || points[i].y < points[lowest].y) lowest = i;
    if (highest == to || points[i].y > points[highest].y) highest = i;
  }
  if (lowest == to) {
    out.push_back(points[from]);
    return;
  }
  out.push_back(points[std::min(lowest, highest)]);
  if (lowest != highest) out.push_back(points[std::max(lowest, highest)]);
}

}  // namespace

std::vector<Point> downsampled(const std::vector<Point>& points, std::size_t most) {
  if (points.size() <= most) return points;
  const std::size_t stretches = std::max<std::size_t>(1, most / 2);
  std::vector<Point> out{points.front()};
  for (std::size_t i = 0; i < stretches; ++i) {
    const std::size_t from = 1 + i * (points.size() - 2) / stretches;
    const std::size_t to = 1 + (i + 1) * (points.size() - 2) / stretches;
    if (from < to) append_extremes(out, points, from, to);
  }
  out.push_back(points.back());
  return out;
}

}  // namespace cqrs
