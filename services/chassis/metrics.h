// The process's Prometheus metrics: counters and histograms by operation and stage, kept by
// prometheus-cpp, rendered for GET /metrics. process_cpu_seconds_total stands beside the stages, so
// that what belongs to none of them can be told.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cqrs {

// Thread-safe. Names follow Prometheus conventions: seconds, _total.
class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  // cqrs_commands_total{command,outcome}
  void count_command(const std::string& command, const std::string& outcome, double by = 1);
  // cqrs_queries_total{query,status}
  void count_query(const std::string& query, int status, double by = 1);
  // cqrs_stage_seconds{stage}: commit, apply, query … per batch.
  void observe_stage(const std::string& stage, std::chrono::nanoseconds took);
  // cqrs_stage_cpu_seconds_total{stage}: processor time of the thread that does the stage, per
  // batch.
  void add_stage_cpu(const std::string& stage, std::chrono::nanoseconds cpu);
  // The same for a stage whose total is known elsewhere: `total` is read whenever the metrics are
  // rendered and must be thread-safe; it may only grow.
  void stage_cpu(const std::string& stage, std::function<std::chrono::nanoseconds()> total);
  // cqrs_publish_age_seconds: of one event, from the decision of its command until it was durable
  // in the topics.
  void observe_publish_age(std::chrono::nanoseconds age);
  // cqrs_batch_size{stage}
  void observe_batch(const std::string& stage, std::size_t size);
  // A value that is read whenever the metrics are rendered. `read` must be thread-safe.
  void gauge(const std::string& name, const std::string& help, std::function<double()> read);
  // As many values as `read` gives, each under its own value of `label`; what it gives no longer
  // disappears.
  void gauges(const std::string& name, const std::string& help, const std::string& label,
              std::function<std::map<std::string, double>()> read);

  // Prometheus text format 0.0.4.
  [[nodiscard]] std::string render();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cqrs
