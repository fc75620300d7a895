#include "cli/report/plot.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

Plot a_plot() {
  return {"Rate",
          "operations <per> second",
          PlotUnit::kPerSecond,
          false,
          false,
          "time",
          {{"sent & done", "c1", {{0, 0}, {1, 50}, {2, kUnknown}, {3, 100}}}}};
}

TEST(Plot, LinesAreInterruptedWhereNothingIsKnown) {
  const std::string figure = figure_of(a_plot(), time_scale(4), {});
  // 0 to 200: the top is 104 rounded up. The last point stands alone, a dot.
  EXPECT_NE(figure.find("d=\"M0.0 100.0L250.0 66.7M750.0 33.3h.01\""), std::string::npos) << figure;
}

TEST(Plot, SaysInWordsWhatItShows) {
  const std::string figure = figure_of(a_plot(), time_scale(4), {});
  EXPECT_NE(figure.find("aria-label=\"Rate, operations &lt;per&gt; second. sent &amp; done: lowest "
                        "0, highest 100.\""),
            std::string::npos);
}

TEST(Plot, BandsWithoutLengthAreLines) {
  const std::string figure = figure_of(a_plot(), time_scale(4), {{1, 2, "fault"}, {3, 3, "fault"}});
  EXPECT_NE(figure.find("<rect class=\"fault\" x=\"250.0\" y=\"0\" width=\"250.0\""),
            std::string::npos);
  EXPECT_NE(figure.find("<path class=\"fault\" d=\"M750.0 0V100\"/>"), std::string::npos);
}

TEST(Plot, OnALogarithmicAxisOnlyWhatIsAboveZeroIsDrawn) {
  Plot plot = a_plot();
  plot.logarithmic = true;
  EXPECT_TRUE(has_points(plot));
  plot.lines.front().points = {{0, 0}, {1, kUnknown}};
  EXPECT_FALSE(has_points(plot));
  plot.lines.clear();
  EXPECT_FALSE(has_points(plot));
}

}  // namespace
}  // namespace cqrs
