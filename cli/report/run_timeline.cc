// What happened when: one plot per figure over the same time, phases and faults marked in all.
#include "cli/report/page.h"
#include "cli/report/plot.h"
#include "cli/report/run_page.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

namespace cqrs {
namespace {

using Figure = double SecondRecord::*;

double end_of(const RunRecord& record) {
  double end = 0;
  for (const auto& second : record.seconds) end = std::max(end, second.at + 1);
  for (const auto& phase : record.phases) end = std::max(end, phase.to);
  for (const auto& fault : record.faults) end = std::max({end, fault.at, fault.until});
  return end;
}

// A second is drawn at its middle. Factor: into the unit of the plot. What is never known is left
// out, and so is what is optional and never anything but 0.
void add(Plot& plot, const RunRecord& record, const char* name, const char* style, Figure figure,
         double factor = 1) {
  PlotLine line{name, style, {}};
  bool known = false;
  for (const auto& second : record.seconds) {
    const double value = second.*figure;
    known = known || value >= 0;
    line.points.push_back({second.at + 0.5, value < 0 ? kUnknown : value * factor});
  }
  if (known) plot.lines.push_back(std::move(line));
}

bool ever(const RunRecord& record, Figure figure, const std::function<bool(double)>& holds) {
  return std::any_of(record.seconds.begin(), record.seconds.end(),
                     [&](const SecondRecord& second) { return holds(second.*figure); });
}

Plot rate_plot(const RunRecord& record) {
  Plot plot{"Rate", "operations per second", PlotUnit::kPerSecond, false, true, "time", {}};
  const auto positive = [](double value) { return value > 0; };
  if (ever(record, &SecondRecord::target, positive)) {
    add(plot, record, "target", "c5 dashed", &SecondRecord::target);
  }
  add(plot, record, "sent", "c1", &SecondRecord::sent);
  add(plot, record, "acknowledged", "c3", &SecondRecord::acknowledged);
  if (ever(record, &SecondRecord::errors, positive)) {
    add(plot, record, "errors", "c2", &SecondRecord::errors);
  }
  return plot;
}

Plot latency_plot(const RunRecord& record) {
  Plot plot{
      "Latency", "from the scheduled start, logarithmic", PlotUnit::kMicros, true, true, "time",
      {}};
  add(plot, record, "p50", "c1", &SecondRecord::latency_p50, 1e3);
  add(plot, record, "p99", "c2", &SecondRecord::latency_p99, 1e3);
  add(plot, record, "max", "c4 thin", &SecondRecord::latency_max, 1e3);
  return plot;
}

Plot staleness_plot(const RunRecord& record) {
  Plot plot{
      "Staleness", "until a read shows it, logarithmic", PlotUnit::kMicros, true, false, "time",
      {}};
  add(plot, record, "p50", "c1", &SecondRecord::staleness_p50, 1e3);
  add(plot, record, "p99", "c2", &SecondRecord::staleness_p99, 1e3);
  return plot;
}

std::vector<Plot> other_plots(const RunRecord& record) {
  Plot lag{"Projection lag", "records not yet applied", PlotUnit::kCount, false, false, "time", {}};
  add(lag, record, "records", "c1", &SecondRecord::lag_records);
  Plot age{"Projection lag",
           "age of the oldest record not yet applied",
           PlotUnit::kSeconds,
           false,
           false,
           "time",
           {}};
  add(age, record, "age", "c1", &SecondRecord::lag_seconds);
  Plot schedule{"Schedule lag",
                "sent later than due, logarithmic",
                PlotUnit::kMicros,
                true,
                false,
                "time",
                {}};
  add(schedule, record, "p99", "c2", &SecondRecord::schedule_lag_p99, 1e3);
  Plot flight{
      "In flight", "operations without an answer yet", PlotUnit::kCount, false, false, "time", {}};
  add(flight, record, "in flight", "c1", &SecondRecord::in_flight);
  Plot reads{"Reads answered",
             "share of the reads of each second",
             PlotUnit::kShare,
             false,
             false,
             "time",
             {}};
  add(reads, record, "answered", "c3", &SecondRecord::reads_ok);
  Plot cpu{"Processor", "cores in use", PlotUnit::kCores, false, false, "time", {}};
  add(cpu, record, "system", "c1", &SecondRecord::system_cpu);
  add(cpu, record, "client", "c6", &SecondRecord::client_cpu);
  Plot memory{"Memory", "resident", PlotUnit::kBytes, false, false, "time", {}};
  add(memory, record, "system", "c1", &SecondRecord::system_rss);
  add(memory, record, "client", "c6", &SecondRecord::client_rss);
  return {lag, age, schedule, flight, reads, cpu, memory};
}

// Every other phase is shaded, warm-up in grey; faults lie over them.
std::vector<PlotBand> bands_of(const RunRecord& record) {
  std::vector<PlotBand> bands;
  for (std::size_t i = 0; i < record.phases.size(); ++i) {
    const auto& phase = record.phases[i];
    if (phase.warmup) bands.push_back({phase.from, phase.to, "warmup"});
    if (!phase.warmup && i % 2 == 1) bands.push_back({phase.from, phase.to, "phase"});
  }
  for (const auto& fault : record.faults) {
    if (fault.until > fault.at) bands.push_back({fault.at, fault.until, "fault"});
    bands.push_back({fault.at, fault.at, "fault"});
  }
  return bands;
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%", share * 100);
  return text.data();
}

std::string phase_lane(const RunRecord& record, const Scale& x) {
  if (record.phases.size() < 2) return {};
  std::string out = "<div class=\"lane\" style=\"height:1.3rem\">";
  for (const auto& phase : record.phases) {
    const std::string name = escaped(phase.name + (phase.warmup ? " (not in the figures)" : ""));
    out += "<span class=\"name\" title=\"" + name + "\" style=\"left:" + percent(x.at(phase.from)) +
           ";width:" + percent(x.at(phase.to) - x.at(phase.from)) + "\">" + name + "</span>";
  }
  return out + "</div>";
}

// Numbers of the faults' table; those that would cover each other go below.
std::string fault_lane(const RunRecord& record, const Scale& x) {
  if (record.faults.empty()) return {};
  constexpr double kRoom = 0.07;  // of the width, on a phone
  std::vector<double> ends;       // of each row
  std::string badges;
  for (std::size_t i = 0; i < record.faults.size(); ++i) {
    const double at = x.at(record.faults[i].at);
    std::size_t row = 0;
    while (row < ends.size() && at < ends[row] + kRoom) ++row;
    // Beyond a few rows they had better cover each other than fill the page.
    row = std::min<std::size_t>(row, 3);
    if (row == ends.size()) ends.push_back(at);
    ends[row] = at;
    badges += "<span class=\"badge\" title=\"" + escaped(record.faults[i].what) +
              "\" style=\"left:" + percent(at) + ";top:" + std::to_string(row * 14) + "0%\">" +
              std::to_string(i + 1) + "</span>";
  }
  return "<div class=\"lane\" style=\"height:1.3rem;margin-bottom:" +
         std::to_string(ends.size() * 14 / 10 - 1) + "." +
         std::to_string(ends.size() * 14 % 10 + 3) + "rem\">" + badges + "</div>";
}

}  // namespace

std::string timeline_section(const RunRecord& record) {
  if (record.seconds.empty()) return {};
  const Scale x = time_scale(end_of(record));
  const auto bands = bands_of(record);
  std::vector<Plot> plots{rate_plot(record), latency_plot(record), staleness_plot(record)};
  for (auto& plot : other_plots(record)) plots.push_back(std::move(plot));
  std::string figures;
  for (const auto& plot : plots) {
    if (has_points(plot)) figures += figure_of(plot, x, bands);
  }
  return "<section class=\"long\"><h2>Over time</h2><div class=\"now\"></div>" +
         phase_lane(record, x) + fault_lane(record, x) + "<div class=\"plots\">" + figures +
         "</div></section>\n";
}

}  // namespace cqrs
