#include "cli/report/run_series.h"

#include "core/workload/scenario_check.h"

#include <algorithm>
#include <cmath>

namespace cqrs {
namespace {

using Observation = SloSource::Observation;
using Seconds = std::vector<const SecondRecord*>;
using Member = double SecondRecord::*;

const PhaseRecord* phase_at(const std::vector<PhaseRecord>& phases, double at) {
  const PhaseRecord* found = nullptr;
  for (const auto& phase : phases) {
    if (phase.from <= at + 1e-6) found = &phase;
  }
  return found;
}

Seconds chosen(const Slo& slo, const SeriesScope& scope) {
  Seconds seconds;
  for (const auto& second : scope.seconds) {
    const PhaseRecord* const phase = phase_at(scope.phases, second.at);
    const bool wanted = slo.tag == "phase"
                            ? phase != nullptr && is_phase(slo.tag_value, phase->name)
                            : phase == nullptr || !phase->warmup;
    if (wanted) seconds.push_back(&second);
  }
  return seconds;
}

// The member that a metric's aggregate is read from; null when none has it.
Member member_of(const Slo& slo) {
  const auto& metric = slo.metric;
  if (metric == "command.latency" || metric == "query.latency") {
    if (slo.aggregate == "p50") return &SecondRecord::latency_p50;
    if (slo.aggregate == "p99") return &SecondRecord::latency_p99;
    return slo.aggregate == "max" ? &SecondRecord::latency_max : nullptr;
  }
  if (metric == "staleness") {
    if (slo.aggregate == "p50") return &SecondRecord::staleness_p50;
    return slo.aggregate == "p99" ? &SecondRecord::staleness_p99 : nullptr;
  }
  if (metric == "schedule_lag") {
    return slo.aggregate == "p99" ? &SecondRecord::schedule_lag_p99 : nullptr;
  }
  if (metric == "lag.records") return &SecondRecord::lag_records;
  if (metric == "lag.seconds") return &SecondRecord::lag_seconds;
  if (metric == "rss") return &SecondRecord::client_rss;
  if (metric == "system.rss") return &SecondRecord::system_rss;
  return metric == "reads.available" ? &SecondRecord::reads_ok : nullptr;
}

std::optional<Observation> level_of(const Slo& slo, Member member, const Seconds& seconds) {
  std::vector<double> known;
  for (const auto* second : seconds) {
    if (second->*member >= 0) known.push_back(second->*member);
  }
  if (known.empty()) return std::nullopt;
  const bool times = unit_of(slo) == SloUnit::kMicros;  // kept in milliseconds
  double value = *std::max_element(known.begin(), known.end());
  if (slo.aggregate == "min") value = *std::min_element(known.begin(), known.end());
  if (slo.aggregate == "last") value = known.back();
  if (slo.aggregate == "mean") {
    double sum = 0;
    for (const double one : known) sum += one;
    value = sum / static_cast<double>(known.size());
  }
  return Observation{times ? value * 1e3 : value, known.size()};
}

// The last second of a run is rarely a whole one.
double length_of(const Seconds& seconds, const std::vector<PhaseRecord>& phases) {
  double length = 0;
  for (const auto* second : seconds) {
    const double end = phases.empty() ? 0 : phases.back().to;
    length += end > second->at ? std::min(1.0, end - second->at) : 1.0;
  }
  return length;
}

std::optional<Observation> sum_of(const Slo& slo, const Seconds& seconds,
                                  const std::vector<PhaseRecord>& phases) {
  double target = 0;
  double sent = 0;
  double acknowledged = 0;
  double errors = 0;
  for (const auto* second : seconds) {
    target += std::max(0.0, second->target);
    sent += std::max(0.0, second->sent);
    acknowledged += std::max(0.0, second->acknowledged);
    errors += std::max(0.0, second->errors);
  }
  const auto of = [](double value, double samples) -> std::optional<Observation> {
    if (samples <= 0) return std::nullopt;
    return Observation{value, static_cast<std::uint64_t>(std::llround(samples))};
  };
  const double answered = acknowledged + errors;
  if (slo.metric == "errors") {
    return of(slo.aggregate == "count" ? errors : errors / std::max(answered, 1.0), answered);
  }
  if (slo.metric == "throughput") {
    // Nothing acknowledged is a throughput of 0 as soon as something was due.
    return of(acknowledged / std::max(length_of(seconds, phases), 1e-3),
              std::max({answered, sent, target}));
  }
  if (slo.metric == "load.achieved") return of(std::min(1.0, sent / std::max(target, 1.0)), target);
  return std::nullopt;
}

// Whether `left` is further from what the threshold wants than `right`.
bool worse(const Slo& slo, double left, double right) {
  switch (slo.comparison) {
    case Comparison::kLess:
    case Comparison::kLessEqual:
      return left > right;
    case Comparison::kGreater:
    case Comparison::kGreaterEqual:
      return left < right;
    case Comparison::kEqual:
      return std::abs(left - slo.value) > std::abs(right - slo.value);
    case Comparison::kUnlike:
      return std::abs(left - slo.value) < std::abs(right - slo.value);
  }
  return false;
}

std::vector<Seconds> windows_of(const Slo& slo, const Seconds& seconds, bool running) {
  if (slo.window.count() == 0) return {seconds};
  const double length = static_cast<double>(slo.window.count()) / 1e3;
  std::vector<Seconds> windows;
  std::size_t last = 0;
  for (const auto* second : seconds) {
    const double since = second->at - seconds.front()->at + 1e-6;
    const auto index = static_cast<std::size_t>(since / length);
    if (windows.empty() || index != last) windows.emplace_back();
    last = index;
    windows.back().push_back(second);
  }
  const auto size = static_cast<double>(windows.empty() ? 0 : windows.back().size());
  const bool short_one = running ? size < length : windows.size() > 1 && size < length / 2;
  if (!windows.empty() && short_one) windows.pop_back();
  return windows;
}

}  // namespace

std::optional<Observation> observe_series(const Slo& slo, const SeriesScope& scope) {
  const Seconds seconds = chosen(slo, scope);
  if (seconds.empty()) return std::nullopt;
  const Member member = member_of(slo);
  std::optional<Observation> worst;
  std::uint64_t samples = 0;
  for (const auto& window : windows_of(slo, seconds, scope.running)) {
    const auto seen =
        member != nullptr ? level_of(slo, member, window) : sum_of(slo, window, scope.phases);
    if (!seen) continue;
    samples += seen->samples;
    if (!worst || worse(slo, seen->value, worst->value)) worst = seen;
  }
  if (worst) worst->samples = samples;
  return worst;
}

}  // namespace cqrs
