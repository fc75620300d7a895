#include "cli/load/load_stats.h"

namespace cqrs::load {

void OpStats::merge(const OpStats& other) {
  sent += other.sent;
  acknowledged += other.acknowledged;
  rejected += other.rejected;
  indeterminate += other.indeterminate;
  latency.merge(other.latency);
  service_time.merge(other.service_time);
  failure.merge(other.failure);
  for (const auto& [what, times] : other.failures) failures[what] += times;
}

void Window::merge(const Window& other) {
  sent += other.sent;
  acknowledged += other.acknowledged;
  errors += other.errors;
  reads += other.reads;
  reads_ok += other.reads_ok;
  latency.merge(other.latency);
  schedule_lag.merge(other.schedule_lag);
}

void Window::clear() {
  sent = acknowledged = errors = reads = reads_ok = 0;
  latency.clear();
  schedule_lag.clear();
}

void Totals::add(const Totals& other) {
  sent += other.sent;
  acknowledged += other.acknowledged;
  rejected += other.rejected;
  indeterminate += other.indeterminate;
  resolved += other.resolved;
  substituted += other.substituted;
}

}  // namespace cqrs::load
