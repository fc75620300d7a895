#include "cli/commands/growth.h"
#include "cli/output/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>

namespace cqrs {
namespace {

constexpr std::uint64_t kLeast = 300;
constexpr std::uint64_t kMost = 10'000'000;
constexpr std::size_t kPointsMax = 12;
constexpr std::uint64_t kHalfWindow = 5'000;

std::string bytes_each(double bytes) { return grouped(std::llround(bytes)) + " B"; }

Error bad_points(const std::string& what) {
  return invalid("--points", "--points " + what + ": give rising counts like 10k,30k,100k,300k");
}

std::uint64_t gap(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

double each(std::uint64_t bytes, std::uint64_t entities) {
  return entities == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(entities);
}

std::string fixed(double value, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

}  // namespace

Result<std::vector<std::uint64_t>> parse_points(std::string_view text) {
  std::vector<std::uint64_t> points;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    auto point = parse_count(text.substr(0, comma), "--points", kMost);
    if (!point) return point.error();
    if (*point < kLeast) return bad_points("start at " + std::to_string(kLeast) + " entities");
    if (!points.empty() && *point < points.back() + points.back() / 10) {
      return bad_points("must each be at least a tenth above the one before");
    }
    points.push_back(*point);
    if (points.size() > kPointsMax) {
      return bad_points("are at most " + std::to_string(kPointsMax));
    }
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  if (points.size() < 2) return bad_points("must be at least two, or there is nothing to compare");
  return points;
}

std::vector<GrowthWindow> windows_of(const std::vector<std::uint64_t>& points) {
  std::vector<GrowthWindow> windows;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::uint64_t point = points[i];
    std::uint64_t half = std::min(point / 2, std::max(kHalfWindow, point / 8));
    if (i > 0) half = std::min(half, gap(point, points[i - 1]) / 2);
    if (i + 1 < points.size()) half = std::min(half, gap(points[i + 1], point) / 2);
    windows.push_back({point, point - half, point + half});
  }
  return windows;
}

double fitted_exponent(const std::vector<std::pair<double, double>>& size_and_cost) {
  const auto count = static_cast<double>(size_and_cost.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [size, cost] : size_and_cost) {
    mean_x += std::log(size) / count;
    mean_y += std::log(cost) / count;
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& [size, cost] : size_and_cost) {
    const double x = std::log(size) - mean_x;
    covariance += x * (std::log(cost) - mean_y);
    variance += x * x;
  }
  return variance > 0 ? covariance / variance : 0;
}

void conclude(GrowthResult& result) {
  std::vector<std::pair<double, double>> cpu;
  std::vector<std::pair<double, double>> wall;
  for (const auto& point : result.points) {
    const auto size = static_cast<double>(point.stored);
    cpu.emplace_back(size, point.total_cpu_s);
    wall.emplace_back(size, point.total_wall_s);
  }
  result.exponent = fitted_exponent(cpu);
  result.exponent_wall = fitted_exponent(wall);
  result.ratio_last_first =
      result.points.back().cpu_us_each() / result.points.front().cpu_us_each();
}

Json json_of(const GrowthResult& result, const GrowthOptions& options) {
  Json points = Json::array();
  for (const auto& point : result.points) {
    points.push_back(
        {{"entities", point.entities},
         {"window", point.window},
         {"cpu_us_per_entity", point.cpu_us_each()},
         {"wall_us_per_entity", point.wall_us_each()},
         {"bytes_per_entity", each(point.write_bytes + point.view_bytes, point.stored)},
         {"write_db_bytes_per_entity", each(point.write_bytes, point.stored)},
         {"view_bytes_per_entity", each(point.view_bytes, point.stored)},
         {"wal_bytes_per_entity", each(point.written_bytes, point.window)},
         {"rss_bytes", point.rss_bytes},
         {"cpu_split_us", cpu_split_json(point.cost, point.window)}});
  }
  return {{"points", std::move(points)},           {"exponent", result.exponent},
          {"exponent_wall", result.exponent_wall}, {"ratio_last_first", result.ratio_last_first},
          {"connections", options.concurrency},    {"depth", options.depth}};
}

void print(const GrowthResult& result, std::ostream& out) {
  const auto row = [&out](std::initializer_list<std::string> cells) {
    for (const auto& cell : cells) out << std::right << std::setw(15) << cell;
    out << "\n";
  };
  row({"entities", "cpu each", "time each", "write.db each", "views each", "written each",
       "memory"});
  for (const auto& point : result.points) {
    row({grouped(static_cast<std::int64_t>(point.entities)), fixed(point.cpu_us_each(), 1) + " us",
         fixed(point.wall_us_each(), 1) + " us", bytes_each(each(point.write_bytes, point.stored)),
         bytes_each(each(point.view_bytes, point.stored)),
         bytes_each(each(point.written_bytes, point.window)), bytes_text(point.rss_bytes)});
  }
  for (const auto& point : result.points) {
    out << "cost at " << grouped(static_cast<std::int64_t>(point.entities)) << ": "
        << cpu_split_text(point.cost, point.window) << "\n";
  }
  out << "growth   total processor time ~ entities^" << fixed(result.exponent, 2)
      << ", total time ~ entities^" << fixed(result.exponent_wall, 2) << " (1 is linear)\n"
      << "ratio    one entity costs " << fixed(result.ratio_last_first, 2)
      << " times as much at the last point as at the first\n"
      << "written  bytes that the service wrote to files: the write-ahead logs of both stores, and "
         "what their checkpoints copy\n";
}

}  // namespace cqrs
