#include "cli/report/run_slos.h"

#include "cli/report/run_series.h"

#include <algorithm>

namespace cqrs {
namespace {

using Observation = SloSource::Observation;

std::optional<Observation> of_histogram(const Histogram& histogram, const Slo& slo) {
  const auto samples = histogram.count();
  if (samples == 0) return std::nullopt;
  if (slo.aggregate == "count") return Observation{static_cast<double>(samples), samples};
  if (slo.aggregate == "mean") return Observation{histogram.mean(), samples};
  const double percent = percentile_of(slo.aggregate).value_or(100);
  return Observation{static_cast<double>(histogram.percentile(percent)), samples};
}

double measured_seconds(const RunRecord& record) {
  double seconds = 0;
  for (const auto& phase : record.phases) {
    if (!phase.warmup) seconds += phase.to - phase.from;
  }
  return seconds > 0 ? seconds : record.elapsed_s - record.warmup_s;
}

std::optional<Observation> value_of(double value, std::uint64_t samples = 1) {
  return Observation{value, samples};
}

}  // namespace

RunSlos::RunSlos(const RunRecord& record, const SloFigures& figures)
    : record_(record), figures_(figures) {}

std::optional<Observation> RunSlos::observe(const Slo& slo) const {
  if (const auto figure = figures_.find(slo.metric); figure != figures_.end()) {
    return value_of(figure->second);
  }
  if (!needs_series(slo)) return total(slo);
  return observe_series(slo, {record_.seconds, record_.phases});
}

std::optional<Observation> RunSlos::total(const Slo& slo) const {
  const auto& metric = slo.metric;
  if (metric == "errors" || metric == "throughput") return operations(slo);
  if (metric == "load.achieved") {
    if (record_.model == "closed" || record_.intended == 0) return std::nullopt;
    return value_of(record_.achieved_ratio, record_.intended);
  }
  if (metric == "recovery.seconds") return recovery(slo);
  if (metric == "visible.seconds") {
    if (record_.visible_after_s < 0) return std::nullopt;
    return value_of(record_.visible_after_s);
  }
  if (metric.starts_with("ledger.") || metric == "verify.diff") return ledger(slo);
  if (metric.find("cpu_us_per_cmd") != std::string::npos || metric.ends_with("rss")) {
    return cost(slo);
  }
  if (metric.starts_with("lag.") || metric == "reads.available") {
    return observe_series(slo, {record_.seconds, record_.phases});
  }
  return distribution(slo);
}

std::optional<Observation> RunSlos::distribution(const Slo& slo) const {
  if (slo.tag == "op") {
    for (const auto& operation : record_.operations) {
      if (operation.name != slo.tag_value) continue;
      return of_histogram(slo.metric == "service_time" ? operation.service_time : operation.latency,
                          slo);
    }
    return std::nullopt;
  }
  if (slo.metric == "command.latency") return of_histogram(record_.latency, slo);
  if (slo.metric == "query.latency") return of_histogram(record_.query_latency, slo);
  if (slo.metric == "service_time") return of_histogram(record_.service_time, slo);
  if (slo.metric == "staleness") return of_histogram(record_.staleness, slo);
  if (slo.metric == "schedule_lag") {
    if (record_.model == "closed") return std::nullopt;
    return of_histogram(record_.schedule_lag, slo);
  }
  constexpr std::string_view kHop = "hop.";
  if (!slo.metric.starts_with(kHop)) return std::nullopt;
  const auto hop = record_.hops.find(slo.metric.substr(kHop.size()));
  return hop == record_.hops.end() ? std::nullopt : of_histogram(hop->second, slo);
}

std::optional<Observation> RunSlos::operations(const Slo& slo) const {
  std::uint64_t acknowledged = 0;
  std::uint64_t errors = 0;
  for (const auto& operation : record_.operations) {
    if (slo.tag == "op" && operation.name != slo.tag_value) continue;
    acknowledged += operation.acknowledged;
    errors += operation.rejected + operation.indeterminate;
  }
  const std::uint64_t answered = acknowledged + errors;
  if (answered == 0) return std::nullopt;
  if (slo.metric == "throughput") {
    const double seconds = measured_seconds(record_);
    if (seconds <= 0) return std::nullopt;
    return value_of(static_cast<double>(acknowledged) / seconds, answered);
  }
  const auto count = static_cast<double>(errors);
  return value_of(slo.aggregate == "count" ? count : count / static_cast<double>(answered),
                  answered);
}

std::optional<Observation> RunSlos::ledger(const Slo& slo) const {
  // Without commands there is nothing to lose, and nobody looked.
  if (slo.metric == "ledger.lost" && record_.lost >= 0) {
    return value_of(static_cast<double>(record_.lost),
                    std::max<std::uint64_t>(record_.acknowledged, 1));
  }
  if (slo.metric == "ledger.indeterminate") {
    return value_of(static_cast<double>(record_.indeterminate), record_.sent);
  }
  // Differences that are listed are differences; an empty list may mean that nobody looked.
  if (slo.metric == "verify.diff" && !record_.mismatches.empty()) {
    return value_of(static_cast<double>(record_.mismatches.size()));
  }
  return std::nullopt;
}

std::optional<Observation> RunSlos::recovery(const Slo& slo) const {
  if (record_.faults.empty() || record_.faults.back().recovered_after < 0) return std::nullopt;
  double largest = 0;
  double least = record_.faults.back().recovered_after;
  double sum = 0;
  std::uint64_t seen = 0;
  for (const auto& fault : record_.faults) {
    if (fault.recovered_after < 0) continue;
    largest = std::max(largest, fault.recovered_after);
    least = std::min(least, fault.recovered_after);
    sum += fault.recovered_after;
    ++seen;
  }
  if (slo.aggregate == "mean") return value_of(sum / static_cast<double>(seen), seen);
  if (slo.aggregate == "min") return value_of(least, seen);
  if (slo.aggregate == "last") return value_of(record_.faults.back().recovered_after, seen);
  return value_of(largest, seen);
}

std::optional<Observation> RunSlos::cost(const Slo& slo) const {
  const bool system = slo.metric.starts_with("system.");
  if (slo.metric.ends_with("rss")) {
    const std::uint64_t highest = system ? record_.system_rss : record_.client_rss;
    if (slo.aggregate == "max" && highest > 0) return value_of(static_cast<double>(highest));
    return observe_series(slo, {record_.seconds, record_.phases});
  }
  const double seconds = system ? record_.system_cpu_s : record_.client_cpu_s;
  if (record_.sent == 0 || seconds <= 0) return std::nullopt;
  return value_of(seconds * 1e6 / static_cast<double>(record_.sent), record_.sent);
}

std::vector<SloResult> judge_all(const RunRecord& record, const std::vector<Slo>& slos,
                                 const SloFigures& figures) {
  const RunSlos source(record, figures);
  std::vector<SloResult> results;
  results.reserve(slos.size());
  for (const auto& slo : slos) results.push_back(judge(slo, source));
  return results;
}

namespace {

class SoFar final : public SloSource {
 public:
  explicit SoFar(const RunRecord& record) : record_(record) {}
  [[nodiscard]] std::optional<Observation> observe(const Slo& slo) const override {
    return observe_series(slo, {record_.seconds, record_.phases, true});
  }

 private:
  const RunRecord& record_;
};

}  // namespace

std::optional<SloResult> broken_abort(const RunRecord& so_far, const std::vector<Slo>& slos) {
  if (so_far.seconds.empty()) return std::nullopt;
  const double elapsed_ms = (so_far.seconds.back().at + 1) * 1e3;
  const SoFar source(so_far);
  for (const auto& slo : slos) {
    if (!slo.abort || elapsed_ms < static_cast<double>(slo.abort_after.count())) continue;
    auto result = judge(slo, source);
    if (result.observed && !result.ok) return result;
  }
  return std::nullopt;
}

}  // namespace cqrs
