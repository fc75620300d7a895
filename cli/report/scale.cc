#include "cli/report/scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cqrs {
namespace {

// At most so many digits, without zeroes behind the point.
std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

struct Prefix {
  double least;
  double divisor;
  const char* unit;
};

template <std::size_t N>
std::string with_prefix(double value, const std::array<Prefix, N>& prefixes) {
  for (const auto& prefix : prefixes) {
    if (value >= prefix.least) return short_number(value / prefix.divisor) + prefix.unit;
  }
  return short_number(value);
}

constexpr std::array<Prefix, 3> kMicros{{{1e6, 1e6, " s"}, {1e3, 1e3, " ms"}, {1, 1, " us"}}};
constexpr std::array<Prefix, 3> kBytes{{{1e9, 1e9, " GB"}, {1e6, 1e6, " MB"}, {1e3, 1e3, " kB"}}};
constexpr std::array<Prefix, 2> kCounts{{{1e6, 1e6, "M"}, {1e3, 1e3, "k"}}};
constexpr std::array<Prefix, 3> kSeconds{{{3600, 3600, " h"}, {120, 60, " min"}, {1, 1, " s"}}};

// 1, 2 or 5 times a power of ten: the smallest at or above `value`.
double round_up(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * decade >= value * (1 - 1e-9)) return step * decade;
  }
  return 10 * decade;
}

double round_down(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value) + 1e-9));
  for (const double step : {5.0, 2.0}) {
    if (step * decade <= value * (1 + 1e-9)) return step * decade;
  }
  return decade;
}

bool whole_decade(double value) {
  const double exponent = std::log10(value);
  return std::abs(exponent - std::round(exponent)) < 1e-6;
}

}  // namespace

std::string tick_text(double value, PlotUnit unit) {
  switch (unit) {
    case PlotUnit::kMicros:
      return value == 0 ? "0" : with_prefix(value, kMicros);
    case PlotUnit::kSeconds:
      return value == 0  ? "0"
             : value < 1 ? short_number(value * 1e3) + " ms"
                         : with_prefix(value, kSeconds);
    case PlotUnit::kBytes:
      return with_prefix(value, kBytes);
    case PlotUnit::kShare:
      return short_number(value * 100) + " %";
    case PlotUnit::kPerSecond:
    case PlotUnit::kCount:
      return with_prefix(value, kCounts);
    case PlotUnit::kCores:
      break;
  }
  return short_number(value);
}

double Scale::at(double value) const {
  const auto place = [this](double x) { return logarithmic ? std::log10(x) : x; };
  const double inside = std::clamp(value, low, high);
  return (place(inside) - place(low)) / (place(high) - place(low));
}

Scale linear_scale(double most, PlotUnit unit) {
  // Nothing but zeroes still has an axis, and a share never reaches beyond the whole.
  // A little room above: a line along the edge is hard to see.
  const double top = most > 0 ? most * (unit == PlotUnit::kShare ? 1 : 1.04) : 1;
  const double step = round_up(top / 4);
  Scale scale{0, std::ceil(top / step - 1e-9) * step, false, {}};
  if (unit == PlotUnit::kShare) scale.high = std::min(scale.high, std::max(1.0, most));
  for (int i = 0; i * step <= scale.high * (1 + 1e-9); ++i) {
    scale.ticks.push_back({i * step, tick_text(i * step, unit), i % 2 == 1});
  }
  return scale;
}

Scale log_scale(double least, double most, PlotUnit unit) {
  Scale scale{round_down(least), round_up(std::max(least, most)), true, {}};
  if (scale.high <= scale.low) scale.high = round_up(scale.low * 1.5);
  const bool sparse = scale.high / scale.low > 200;
  for (double value = scale.low; value <= scale.high * (1 + 1e-9); value = round_up(value * 1.5)) {
    const bool decade = whole_decade(value);
    if (sparse && !decade) continue;
    scale.ticks.push_back({value, tick_text(value, unit), !decade});
  }
  return scale;
}

Scale time_scale(double seconds) {
  constexpr std::array<double, 21> kSteps{0.1,  0.2,  0.5,  1,     2,     5,     10,
                                          20,   30,   60,   120,   300,   600,   900,
                                          1800, 3600, 7200, 14400, 21600, 43200, 86400};
  const double end = std::max(seconds, 0.1);
  double step = kSteps.back();
  for (const double candidate : kSteps) {
    if (end / candidate > 6.5) continue;
    step = candidate;
    break;
  }
  Scale scale{0, end, false, {}};
  // All in one unit, so that neighbours can be compared: 0, 30 s, 60 s, 90 s; 0, 1 min, 2 min.
  const auto text = [step](double at) {
    if (at == 0) return std::string("0");
    if (step < 1) return short_number(at) + " s";
    if (step < 60) return short_number(at) + " s";
    return step < 3600 ? short_number(at / 60) + " min" : short_number(at / 3600) + " h";
  };
  for (int i = 0; i * step <= end * (1 + 1e-9); ++i) {
    scale.ticks.push_back({i * step, text(i * step), i % 2 == 1});
  }
  return scale;
}

Scale nines_scale(double nines) {
  Scale scale{0, std::max(nines, 1.0), false, {}};
  scale.ticks = {{0, "0 %", false}, {std::log10(2), "50 %", true}, {1, "90 %", false}};
  std::string digits = "99";
  for (int i = 2; i <= scale.high + 1e-9; ++i) {
    scale.ticks.push_back({static_cast<double>(i), digits + " %", i % 2 == 1});
    digits += i == 2 ? ".9" : "9";
  }
  return scale;
}

}  // namespace cqrs
