// Growth: whether an entity costs the same however many there are. The plan, the arithmetic and the
// result of `cqrsctl growth`.
#pragma once

#include "cli/commands/commands.h"
#include "cli/system/cpu_split.h"

#include <cstdint>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

namespace cqrs {

// The stretch that is measured around one point, in entities of all kinds together.
struct GrowthWindow {
  std::uint64_t point = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

// "10k,30k,100k": 2 to 12 counts from 300 to 10 million, each at least a tenth above the one
// before. Error: invalid, names --points.
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_points(std::string_view text);
// An eighth of the point on either side, or 5,000, and never more than half-way to a neighbour.
[[nodiscard]] std::vector<GrowthWindow> windows_of(const std::vector<std::uint64_t>& points);

// The slope of log(cost) over log(size) by least squares: 1 means that twice as many cost twice as
// much. Needs at least two different sizes; sizes and costs above 0.
[[nodiscard]] double fitted_exponent(const std::vector<std::pair<double, double>>& size_and_cost);

struct GrowthPoint {
  std::uint64_t entities = 0;  // the point asked for
  std::uint64_t window = 0;    // entities that were measured around it
  CpuReading cost;             // of the window
  double wall_s = 0;           // of the window, until everything in it was visible
  double total_cpu_s = 0;      // of service and client from the first entity to the window's end
  double total_wall_s = 0;
  std::uint64_t stored = 0;  // entities at the window's end
  std::uint64_t write_bytes = 0;
  std::uint64_t view_bytes = 0;
  std::uint64_t written_bytes = 0;  // by the service in the window: logs, and checkpoints of them
  std::uint64_t rss_bytes = 0;      // of the service, at the window's end
  [[nodiscard]] double cpu_us_each() const {
    return cost.total() * 1e6 / static_cast<double>(window);
  }
  [[nodiscard]] double wall_us_each() const { return wall_s * 1e6 / static_cast<double>(window); }
};

struct GrowthResult {
  std::vector<GrowthPoint> points;
  double exponent = 0;          // of the total processor time
  double exponent_wall = 0;     // of the total time
  double ratio_last_first = 0;  // processor time per entity at the last point over the first
};

// Fills the three figures from the points.
void conclude(GrowthResult& result);
[[nodiscard]] Json json_of(const GrowthResult& result, const GrowthOptions& options);
void print(const GrowthResult& result, std::ostream& out);

}  // namespace cqrs
