// How latency is distributed: percentiles by their distance to 100 %, as HdrHistogram's own plots
// have them, and where the time until a write is visible goes.
#include "cli/output/units.h"
#include "cli/report/page.h"
#include "cli/report/plot.h"
#include "cli/report/run_figures.h"
#include "cli/report/run_page.h"

#include <array>
#include <cstdio>

namespace cqrs {
namespace {

// From 0 % to the percentile of the largest sample, which is where the line ends.
std::vector<Point> spectrum_of(const Histogram& histogram) {
  constexpr int kSteps = 240;
  std::vector<Point> points;
  const double nines = std::log10(static_cast<double>(histogram.count()));
  for (int i = 0; i < kSteps && nines > 0; ++i) {
    const double at = nines * i / kSteps;
    const double percent = 100 * (1 - std::pow(10, -at));
    points.push_back({at, static_cast<double>(histogram.percentile(percent))});
  }
  points.push_back({nines, static_cast<double>(histogram.max())});
  return points;
}

std::string style_of(const std::string& name) {
  if (name == "commands") return "c1";
  if (name == "queries") return "c3";
  if (name == "service time") return "c5 dashed";
  return name == "staleness" ? "c4" : "c6 thin";
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", share * 100);
  return text.data();
}

std::string mean_text(double micros) { return micros_text(std::llround(micros)); }

std::string hop_row(const NamedHistogram& hop, std::size_t number) {
  const Histogram& histogram = *hop.histogram;
  std::string out = "<tr><td><span class=\"swatch c" + std::to_string(number % 6 + 1) +
                    "\"></span>" + escaped(hop.name) + "</td>";
  for (const auto& text : {mean_text(histogram.mean()), micros_text(histogram.percentile(50)),
                           micros_text(histogram.percentile(99)), micros_text(histogram.max()),
                           grouped(static_cast<std::int64_t>(histogram.count()))}) {
    out += "<td>" + text + "</td>";
  }
  return out + "<td class=\"soft\">" + escaped(hop.about) + "</td></tr>";
}

}  // namespace

std::string spectrum_section(const RunRecord& record) {
  Plot plot{"Percentiles",
            "each nine is a tenth of what is left, logarithmic",
            PlotUnit::kMicros,
            true,
            true,
            "nines",
            {}};
  double nines = 1;
  for (const auto& named : distributions_of(record)) {
    plot.lines.push_back({named.name, style_of(named.name), spectrum_of(*named.histogram)});
    nines = std::max(nines, plot.lines.back().points.back().x);
  }
  if (!has_points(plot)) return {};
  std::string rows;
  for (const auto& named : distributions_of(record)) {
    rows += "<li><b>" + escaped(named.name) + "</b>: " + escaped(named.about) + ", " +
            grouped(static_cast<std::int64_t>(named.histogram->count())) + " samples</li>";
  }
  return "<section><h2>Latency spectrum</h2><div class=\"now\"></div><div class=\"plots\">" +
         figure_of(plot, nines_scale(nines), {}) + "</div><ul class=\"soft\">" + rows +
         "</ul></section>\n";
}

std::string hops_section(const RunRecord& record) {
  const auto hops = hops_of(record);
  double sum = 0;
  for (const auto& hop : hops) sum += hop.histogram->mean();
  if (sum <= 0) return {};
  std::string bar;
  std::string rows;
  std::string alternative = "Mean time per hop:";
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const double mean = hops[i].histogram->mean();
    bar += "<div class=\"c" + std::to_string(i % 6 + 1) +
           "\" style=\"width:" + percent(mean / sum) + "%\"></div>";
    rows += hop_row(hops[i], i);
    alternative += " " + hops[i].name + " " + mean_text(mean) + ".";
  }
  return "<section><h2>Where the time until visible goes</h2><div class=\"hops\" role=\"img\" "
         "aria-label=\"" +
         escaped(alternative) + "\">" + bar +
         "</div><table class=\"numbers\"><tr><th>hop</th><th>mean</th><th>p50</th><th>p99</th>"
         "<th>max</th><th>samples</th><th></th></tr>" +
         rows + "</table><p class=\"soft\">The bar shows means: they add up to " + mean_text(sum) +
         ", percentiles do not add up.</p></section>\n";
}

}  // namespace cqrs
