// The series of a load, second by second, and its progress on the terminal: gathered from all
// threads while it runs.
#pragma once

#include "core/workload/arrival.h"

#include "cli/load/load_run.h"
#include "cli/load/load_worker.h"
#include "cli/output/progress.h"

#include <memory>
#include <vector>

namespace cqrs::load {

// What is gathered from; nullptr where there is no such thing. Outlives the series.
struct SeriesParts {
  const LoadPlan& plan;
  const LoadTarget& target;
  std::vector<std::unique_ptr<LoadWorker>>& workers;
  ProbeLane* probes = nullptr;
  PositionWatch* watch = nullptr;
  SteadyTime start{};
};

// Used by one thread.
class LoadSeries {
 public:
  LoadSeries(const SeriesParts& parts, Progress& progress);
  // Called often: closes a second when it is over.
  void tick(SteadyTime now);
  // Closes the last one, however long it was.
  void finish(SteadyTime now);
  [[nodiscard]] const std::vector<SecondRecord>& seconds() const { return seconds_; }
  [[nodiscard]] std::uint64_t client_rss() const { return client_rss_; }
  [[nodiscard]] std::uint64_t system_rss() const { return system_rss_; }
  [[nodiscard]] double system_cpu_s() const { return system_cpu_s_; }

 private:
  void close(SteadyTime now);
  void add_usage(SecondRecord& second, double seconds);
  void show(const SecondRecord& second, SteadyTime now);

  const SeriesParts parts_;
  Progress& progress_;
  ArrivalStream arrivals_;
  std::vector<SecondRecord> seconds_;
  SteadyTime begun_;  // the second at hand
  std::uint64_t due_before_ = 0;
  Window window_;
  Histogram staleness_;
  ProcessUsage client_;
  ProcessUsage system_;
  std::uint64_t client_rss_ = 0;
  std::uint64_t system_rss_ = 0;
  double system_cpu_s_ = 0;
  ProgressNumbers numbers_;
};

}  // namespace cqrs::load
