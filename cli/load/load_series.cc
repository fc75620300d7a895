#include "cli/load/load_series.h"

#include "cli/report/hdr_file.h"

#include <algorithm>

namespace cqrs::load {
namespace {

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

double millis(std::int64_t micros) { return static_cast<double>(micros) / 1e3; }

}  // namespace

LoadSeries::LoadSeries(const SeriesParts& parts, Progress& progress)
    : parts_(parts),
      progress_(progress),
      arrivals_(parts.plan.scenario, parts.plan.seed),
      begun_(parts.start),
      client_(process_usage(0)) {
  if (parts_.target.usage) system_ = parts_.target.usage();
  numbers_.phase = parts.plan.scenario.name;
  if (!parts.plan.scenario.closed()) {
    numbers_.total = arrivals_.intended_by(parts.plan.scenario.duration()) / parts.plan.shards;
  }
}

void LoadSeries::tick(SteadyTime now) {
  if (now - begun_ >= std::chrono::seconds(1)) close(now);
}

void LoadSeries::finish(SteadyTime now) {
  if (now - begun_ > std::chrono::milliseconds(50)) close(now);
}

void LoadSeries::close(SteadyTime now) {
  const double seconds = std::max(0.001, seconds_between(begun_, now));
  SecondRecord second;
  second.at = seconds_between(parts_.start, begun_);
  window_.clear();
  staleness_.clear();
  std::uint64_t in_flight = 0;
  for (const auto& worker : parts_.workers) {
    worker->window().take(window_);
    in_flight += worker->in_flight();
  }
  if (parts_.probes != nullptr) parts_.probes->take(staleness_);
  if (!parts_.plan.scenario.closed()) {
    const auto offset = std::chrono::duration_cast<std::chrono::microseconds>(now - parts_.start);
    const std::uint64_t due = arrivals_.intended_by(offset) / parts_.plan.shards;
    second.target = static_cast<double>(due - due_before_) / seconds;
    due_before_ = due;
  }
  second.sent = static_cast<double>(window_.sent) / seconds;
  second.acknowledged = static_cast<double>(window_.acknowledged) / seconds;
  second.errors = static_cast<double>(window_.errors) / seconds;
  second.in_flight = static_cast<double>(in_flight);
  if (window_.latency.count() > 0) {
    second.latency_p50 = millis(window_.latency.percentile(50));
    second.latency_p99 = millis(window_.latency.percentile(99));
    second.latency_max = millis(window_.latency.max());
  }
  if (window_.schedule_lag.count() > 0 && !parts_.plan.scenario.closed()) {
    second.schedule_lag_p99 = millis(window_.schedule_lag.percentile(99));
  }
  if (window_.latency.count() > 0) {
    second.latency_hdr = hdr_text(window_.latency, HdrDigits::kTwo);
  }
  if (staleness_.count() > 0) {
    second.staleness_hdr = hdr_text(staleness_, HdrDigits::kTwo);
    second.staleness_p50 = millis(staleness_.percentile(50));
    second.staleness_p99 = millis(staleness_.percentile(99));
  }
  if (window_.reads > 0) {
    second.reads_ok = static_cast<double>(window_.reads_ok) / static_cast<double>(window_.reads);
  }
  if (parts_.watch != nullptr) {
    const StagePositions latest = parts_.watch->latest();
    second.lag_records = static_cast<double>(latest.lag_records);
    second.lag_seconds = latest.lag_seconds;
  }
  add_usage(second, seconds);
  show(second, now);
  seconds_.push_back(second);
  begun_ = now;
}

void LoadSeries::add_usage(SecondRecord& second, double seconds) {
  const ProcessUsage client = process_usage(0);
  second.client_cpu = std::max(0.0, client.cpu_seconds - client_.cpu_seconds) / seconds;
  second.client_rss = static_cast<double>(client.rss_bytes);
  client_ = client;
  client_rss_ = std::max(client_rss_, client.rss_bytes);
  if (!parts_.target.usage) return;
  const ProcessUsage system = parts_.target.usage();
  // A process that was restarted meanwhile begins anew.
  const double used = std::max(0.0, system.cpu_seconds - system_.cpu_seconds);
  system_cpu_s_ += used;
  second.system_cpu = used / seconds;
  second.system_rss = static_cast<double>(system.rss_bytes);
  system_ = system;
  system_rss_ = std::max(system_rss_, system.rss_bytes);
}

void LoadSeries::show(const SecondRecord& second, SteadyTime now) {
  numbers_.target = second.target;
  numbers_.sent += window_.sent;
  numbers_.acknowledged += window_.acknowledged;
  numbers_.errors += window_.errors;
  numbers_.in_flight = static_cast<std::uint64_t>(second.in_flight);
  numbers_.lag_records = static_cast<std::int64_t>(second.lag_records);
  numbers_.lag_millis =
      second.lag_seconds < 0 ? -1 : static_cast<std::int64_t>(second.lag_seconds * 1e3);
  if (staleness_.count() > 0) numbers_.staleness_p99 = staleness_.percentile(99);
  progress_.latencies(window_.latency);
  progress_.tick(numbers_, now);
}

}  // namespace cqrs::load
