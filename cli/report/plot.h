// One plot as a piece of a page: the lines are an SVG that stretches to the width there is, the
// labels are text of the page, so that they stay readable on a phone. Numbers of the lines go along
// for the crosshair, which is all that needs a script.
#pragma once

#include "core/base/json_tree.h"

#include "cli/report/scale.h"
#include "cli/report/series.h"

#include <string>
#include <vector>

namespace cqrs {

struct PlotLine {
  std::string name;
  std::string style;  // classes of the stylesheet: "c1" … "c5", "dashed", "thin", "area"
  std::vector<Point> points;
};

// A stretch of the x axis that is marked in every plot.
struct PlotBand {
  double from = 0;
  double to = 0;  // == from: a line
  std::string style;
};

struct Plot {
  std::string title;
  std::string about;  // what is drawn, in which unit
  PlotUnit unit = PlotUnit::kCount;
  bool logarithmic = false;
  bool wide = false;          // takes the whole width where two stand side by side
  std::string axis = "time";  // plots of one axis share their crosshair; "time" or "nines"
  std::vector<PlotLine> lines;
};

inline constexpr std::size_t kPlotPointsMax = 600;

// Whether there is a point to draw at all; on a logarithmic axis only what is above 0 counts.
[[nodiscard]] bool has_points(const Plot& plot);
[[nodiscard]] std::string figure_of(const Plot& plot, const Scale& x,
                                    const std::vector<PlotBand>& bands);
// The y axis that fits all lines.
[[nodiscard]] Scale y_scale(const Plot& plot);

}  // namespace cqrs
