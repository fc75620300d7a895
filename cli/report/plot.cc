#include "cli/report/plot.h"

#include "cli/report/page.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cqrs {
namespace {

// Of the SVG's own coordinates, which the browser stretches.
constexpr double kWidth = 1000;
constexpr double kHeight = 100;

std::string fixed(double value, int decimals = 1) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string percent(double share) { return fixed(share * 100, 2) + "%"; }

bool drawable(const Plot& plot, const Point& point) {
  return point.known() && (!plot.logarithmic || point.y > 0);
}

// One subpath for each stretch without a gap; a single point is a dot by its round end.
std::string path_of(const Plot& plot, const std::vector<Point>& points, const Scale& x,
                    const Scale& y) {
  std::string out;
  bool open = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!drawable(plot, points[i])) {
      open = false;
      continue;
    }
    const std::string place =
        fixed(x.at(points[i].x) * kWidth) + " " + fixed((1 - y.at(points[i].y)) * kHeight);
    out += (open ? "L" : "M") + place;
    const bool alone = !open && (i + 1 == points.size() || !drawable(plot, points[i + 1]));
    if (alone) out += "h.01";
    open = true;
  }
  return out;
}

std::string grid_of(const Scale& y) {
  std::string path;
  for (const auto& tick : y.ticks) {
    path += "M0 " + fixed((1 - y.at(tick.value)) * kHeight) + "H1000";
  }
  return "<path class=\"grid\" d=\"" + path + "\"/>";
}

std::string bands_of(const std::vector<PlotBand>& bands, const Scale& x) {
  std::string out;
  for (const auto& band : bands) {
    const double from = x.at(band.from) * kWidth;
    const double to = x.at(band.to) * kWidth;
    out += band.to > band.from
               ? "<rect class=\"" + band.style + "\" x=\"" + fixed(from) + "\" y=\"0\" width=\"" +
                     fixed(to - from) + "\" height=\"100\"/>"
               : "<path class=\"" + band.style + "\" d=\"M" + fixed(from) + " 0V100\"/>";
  }
  return out;
}

std::string labels_of(const Scale& x, const Scale& y) {
  std::string out = "<div class=\"ys\" aria-hidden=\"true\">";
  for (const auto& tick : y.ticks) {
    out += "<span style=\"bottom:" + percent(y.at(tick.value)) + "\">" + escaped(tick.label) +
           "</span>";
  }
  out += "</div><div class=\"xs\" aria-hidden=\"true\">";
  for (const auto& tick : x.ticks) {
    const double at = x.at(tick.value);
    const char* side = at < 0.02 ? " first" : at > 0.98 ? " last" : "";
    out += std::string("<span class=\"") + (tick.minor ? "minor" : "major") + side +
           "\" style=\"left:" + percent(at) + "\">" + escaped(tick.label) + "</span>";
  }
  return out + "</div>";
}

double extreme(const Plot& plot, const PlotLine& line, bool highest) {
  double found = kUnknown;
  for (const auto& point : line.points) {
    if (!drawable(plot, point)) continue;
    const bool better = highest ? point.y > found : point.y < found;
    if (std::isnan(found) || better) found = point.y;
  }
  return found;
}

// What somebody is told who cannot see the lines.
std::string alternative_of(const Plot& plot) {
  std::string out = plot.title + ", " + plot.about + ".";
  for (const auto& line : plot.lines) {
    const double least = extreme(plot, line, false);
    if (std::isnan(least)) continue;
    out += " " + line.name + ": lowest " + tick_text(least, plot.unit) + ", highest " +
           tick_text(extreme(plot, line, true), plot.unit) + ".";
  }
  return out;
}

Json data_of(const Plot& plot, const std::vector<std::vector<Point>>& drawn, const Scale& x) {
  const auto rounded = [](double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.5g", value);
    return std::strtod(text.data(), nullptr);
  };
  Json lines = Json::array();
  for (const auto& points : drawn) {
    Json xs = Json::array();
    Json ys = Json::array();
    for (const auto& point : points) {
      if (!point.known()) continue;
      xs.push_back(rounded(point.x));
      ys.push_back(rounded(point.y));
    }
    lines.push_back({{"x", std::move(xs)}, {"y", std::move(ys)}});
  }
  constexpr std::array<const char*, 7> kUnits{"/s", "us", "s", "", "B", "cores", "%"};
  return {{"unit", kUnits.at(static_cast<std::size_t>(plot.unit))},
          {"high", x.high},
          {"lines", std::move(lines)}};
}

}  // namespace

bool has_points(const Plot& plot) {
  return std::any_of(plot.lines.begin(), plot.lines.end(), [&](const PlotLine& line) {
    return std::any_of(line.points.begin(), line.points.end(),
                       [&](const Point& point) { return drawable(plot, point); });
  });
}

Scale y_scale(const Plot& plot) {
  double least = kUnknown;
  double most = kUnknown;
  for (const auto& line : plot.lines) {
    least = std::fmin(least, extreme(plot, line, false));
    most = std::fmax(most, extreme(plot, line, true));
  }
  return plot.logarithmic ? log_scale(least, most, plot.unit) : linear_scale(most, plot.unit);
}

std::string figure_of(const Plot& plot, const Scale& x, const std::vector<PlotBand>& bands) {
  const Scale y = y_scale(plot);
  std::string lines;
  std::string keys;
  std::vector<std::vector<Point>> drawn;
  for (const auto& line : plot.lines) {
    drawn.push_back(downsampled(line.points, kPlotPointsMax));
    lines +=
        "<path class=\"line " + line.style + "\" d=\"" + path_of(plot, drawn.back(), x, y) + "\"/>";
    keys += "<span class=\"key " + line.style + "\"><i></i>" + escaped(line.name) +
            " <output></output></span>";
  }
  return "<figure class=\"plot" + std::string(plot.wide ? " wide" : "") + "\" data-axis=\"" +
         plot.axis + "\"><figcaption><b>" + escaped(plot.title) + "</b> <span class=\"soft\">" +
         escaped(plot.about) + "</span><span class=\"keys\">" + keys +
         "</span></figcaption><div class=\"frame\">" + labels_of(x, y) +
         "<div class=\"area\"><svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" "
         "role=\"img\" aria-label=\"" +
         escaped(alternative_of(plot)) + "\">" + bands_of(bands, x) + grid_of(y) + lines +
         "</svg><div class=\"cross\"></div></div></div><script type=\"application/json\">" +
         // Of numbers and units alone: nothing in it can end the element.
         data_of(plot, drawn, x).dump() + "</script></figure>\n";
}

}  // namespace cqrs
