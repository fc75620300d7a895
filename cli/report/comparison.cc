#include "cli/report/comparison.h"

#include "cli/report/run_figures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cqrs {
namespace {

struct Metric {
  const char* name;
  const char* unit;
  bool higher_is_better;
  double (*value)(const RunRecord& record);  // 0 or less: this run does not have it
};

template <int kTenths>
double latency(const RunRecord& record) {
  return static_cast<double>(record.latency.percentile(kTenths / 10.0));
}

constexpr std::array<Metric, 10> kMetrics{{
    {"throughput", "/s", true, [](const RunRecord& record) { return record.achieved_per_s; }},
    {"command.latency:p50", "us", false, latency<500>},
    {"command.latency:p90", "us", false, latency<900>},
    {"command.latency:p99", "us", false, latency<990>},
    {"query.latency:p99", "us", false,
     [](const RunRecord& record) {
       return static_cast<double>(record.query_latency.percentile(99));
     }},
    {"staleness:p99", "us", false,
     [](const RunRecord& record) { return static_cast<double>(record.staleness.percentile(99)); }},
    {"system cpu per operation", "us", false, system_cpu_us},
    {"client cpu per operation", "us", false, client_cpu_us},
    {"system rss", "bytes", false,
     [](const RunRecord& record) { return static_cast<double>(record.system_rss); }},
    {"client rss", "bytes", false,
     [](const RunRecord& record) { return static_cast<double>(record.client_rss); }},
}};

// Empty when a run does not have it: medians of different runs are not comparable.
std::vector<double> values_of(const Metric& metric, const std::vector<RunRecord>& records) {
  std::vector<double> out;
  for (const auto& record : records) {
    const double value = metric.value(record);
    if (value <= 0) return {};
    out.push_back(value);
  }
  return out;
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double value : values) out.push_back(std::log(value));
  return out;
}

// Ratios are differences of logarithms; the interval is turned back at the end.
std::optional<RankInterval> ratio_of(const MetricChange& change, double confidence) {
  auto interval = shift_between(logarithms(change.base), logarithms(change.changed), confidence);
  if (!interval) return std::nullopt;
  return RankInterval{std::exp(interval->estimate), std::exp(interval->low),
                      std::exp(interval->high), interval->confidence};
}

std::string verdict_of(const MetricChange& change, std::optional<double> max_regression) {
  if (!change.ratio) return "cannot tell";
  const double allowed = max_regression.value_or(0);
  const double limit = change.higher_is_better ? 1 - allowed : 1 + allowed;
  const auto [low, high] = std::pair(change.ratio->low, change.ratio->high);
  const bool beyond = change.higher_is_better ? high < limit : low > limit;
  const bool within = change.higher_is_better ? low > limit : high < limit;
  if (!max_regression) return beyond ? "worse" : within ? "better" : "no difference shown";
  return beyond ? "regressed" : within ? "holds" : "unclear";
}

std::vector<std::string> doubts(const ComparedRuns& base, const ComparedRuns& changed) {
  std::vector<std::string> out;
  const RunRecord& first = base.records.front();
  for (const auto* side : {&base, &changed}) {
    for (std::size_t i = 0; i < side->records.size(); ++i) {
      const RunRecord& record = side->records[i];
      if (record.scenario != first.scenario || record.title != first.title) {
        out.push_back(side->names[i] + " ran another scenario than " + base.names.front());
      }
      if (record.model != first.model) {
        out.push_back(side->names[i] + " is of the " + record.model + " model, " +
                      base.names.front() + " of the " + first.model);
      }
      if (record.verdict == "invalid") {
        out.push_back(side->names[i] + " is an invalid run: its schedule was missed");
      }
    }
  }
  return out;
}

std::string overall(const RunComparison& comparison) {
  const auto any = [&](const char* verdict) {
    return std::any_of(comparison.metrics.begin(), comparison.metrics.end(),
                       [&](const MetricChange& change) { return change.verdict == verdict; });
  };
  if (any("regressed")) return "fail";
  const bool told = !comparison.metrics.empty() && !any("cannot tell");
  return comparison.max_regression && !told ? "inconclusive" : "pass";
}

}  // namespace

Result<RunComparison> compare(const ComparedRuns& base, const ComparedRuns& changed,
                              std::optional<double> max_regression) {
  for (const auto* side : {&base, &changed}) {
    if (side->records.empty() || side->records.size() > kSampleMax) {
      return invalid("runs", "each side needs 1 to " + std::to_string(kSampleMax) + " runs, not " +
                                 std::to_string(side->records.size()) +
                                 ": name the report directories of repeated runs");
    }
  }
  RunComparison out;
  out.base = base.names;
  out.changed = changed.names;
  out.max_regression = max_regression;
  out.caveats = doubts(base, changed);
  for (const auto& metric : kMetrics) {
    MetricChange change;
    change.name = metric.name;
    change.unit = metric.unit;
    change.higher_is_better = metric.higher_is_better;
    change.base = values_of(metric, base.records);
    change.changed = values_of(metric, changed.records);
    if (change.base.empty() || change.changed.empty()) continue;
    change.base_median = median_of(change.base);
    change.changed_median = median_of(change.changed);
    change.ratio = ratio_of(change, out.confidence);
    change.verdict = verdict_of(change, max_regression);
    out.metrics.push_back(std::move(change));
  }
  out.verdict = overall(out);
  return out;
}

}  // namespace cqrs
