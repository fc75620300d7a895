// Two sets of repeated runs side by side: what changed, by how much, and how sure that is.
#pragma once

#include "cli/report/rank_interval.h"
#include "cli/report/run_record.h"

#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct MetricChange {
  std::string name;  // "command.latency:p99"
  std::string unit;  // "us", "/s", "bytes"
  bool higher_is_better = false;
  std::vector<double> base, changed;  // one per run
  double base_median = 0, changed_median = 0;
  // changed / base: estimate and ends of the interval; nothing: too few runs.
  std::optional<RankInterval> ratio;
  // "better", "worse", "no difference shown"; with a limit "regressed", "holds", "unclear" (the
  // interval has the limit in it); "cannot tell": too few runs.
  std::string verdict;
};

struct RunComparison {
  std::vector<std::string> base, changed;  // the reports' directories
  std::optional<double> max_regression;    // 0.1: 10 % worse
  double confidence = 0.95;
  std::vector<MetricChange> metrics;  // those that every run has
  // Why the two may not be comparable: another scenario, an invalid run.
  std::vector<std::string> caveats;
  // "pass", "fail" (a metric regressed), "inconclusive" (with a limit: too few runs to tell).
  std::string verdict;
};

struct ComparedRuns {
  std::vector<std::string> names;
  std::vector<RunRecord> records;
};

// Error: invalid (no run on a side, or more than kSampleMax).
[[nodiscard]] Result<RunComparison> compare(const ComparedRuns& base, const ComparedRuns& changed,
                                            std::optional<double> max_regression);

[[nodiscard]] Json json_of(const RunComparison& comparison);
[[nodiscard]] std::string markdown_of(const RunComparison& comparison);
void print(const RunComparison& comparison, std::ostream& out);

}  // namespace cqrs
