#include "services/chassis/metrics.h"

#include "services/chassis/cpu_time.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <vector>

namespace cqrs {
namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                           0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
const Histogram::BucketBoundaries kAges{0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06,
                                        0.08,  0.1,   0.15, 0.25,  0.5,  1,    2.5,  5,    30};
const Histogram::BucketBoundaries kSizes{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& commands = prometheus::BuildCounter()
                                                          .Name("cqrs_commands_total")
                                                          .Help("Commands by name and outcome")
                                                          .Register(registry);
  prometheus::Family<prometheus::Counter>& queries = prometheus::BuildCounter()
                                                         .Name("cqrs_queries_total")
                                                         .Help("Queries by name and HTTP status")
                                                         .Register(registry);
  prometheus::Family<Histogram>& stages = prometheus::BuildHistogram()
                                              .Name("cqrs_stage_seconds")
                                              .Help("Time spent per batch in a stage")
                                              .Register(registry);
  prometheus::Family<Histogram>& batches = prometheus::BuildHistogram()
                                               .Name("cqrs_batch_size")
                                               .Help("Items per batch in a stage")
                                               .Register(registry);
  prometheus::Family<Histogram>& publish_ages =
      prometheus::BuildHistogram()
          .Name("cqrs_publish_age_seconds")
          .Help("From the decision of a command to its event's being durable in the topics")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& stage_cpu = prometheus::BuildCounter()
                                                           .Name("cqrs_stage_cpu_seconds_total")
                                                           .Help("Processor time by stage")
                                                           .Register(registry);
  struct Reading {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };
  struct Total {
    prometheus::Counter* counter;
    std::function<std::chrono::nanoseconds()> read;
  };
  struct FamilyReading {
    prometheus::Family<prometheus::Gauge>* family;
    std::string label;
    std::function<std::map<std::string, double>()> read;
    std::map<std::string, prometheus::Gauge*> shown;

    void refresh() {
      const auto values = read();
      std::erase_if(shown, [&](const auto& entry) {
        if (values.contains(entry.first)) return false;
        family->Remove(entry.second);
        return true;
      });
      for (const auto& [name, value] : values) {
        auto& gauge = shown[name];
        if (gauge == nullptr) gauge = &family->Add({{label, name}});
        gauge->Set(value);
      }
    }
  };
  std::mutex mutex;
  std::vector<Reading> readings;
  std::vector<Total> totals;
  std::vector<FamilyReading> families;
};

namespace {

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Metrics::Metrics() : state_(std::make_unique<State>()) {
  auto& family = prometheus::BuildCounter()
                     .Name("process_cpu_seconds_total")
                     .Help("Processor time of the whole process")
                     .Register(state_->registry);
  state_->totals.push_back({&family.Add({}), process_cpu_time});
}
Metrics::~Metrics() = default;

void Metrics::count_command(const std::string& command, const std::string& outcome, double by) {
  state_->commands.Add({{"command", command}, {"outcome", outcome}}).Increment(by);
}

void Metrics::count_query(const std::string& query, int status, double by) {
  state_->queries.Add({{"query", query}, {"status", std::to_string(status)}}).Increment(by);
}

void Metrics::observe_stage(const std::string& stage, std::chrono::nanoseconds took) {
  state_->stages.Add({{"stage", stage}}, kSeconds).Observe(seconds_of(took));
}

void Metrics::add_stage_cpu(const std::string& stage, std::chrono::nanoseconds cpu) {
  state_->stage_cpu.Add({{"stage", stage}}).Increment(seconds_of(cpu));
}

void Metrics::stage_cpu(const std::string& stage, std::function<std::chrono::nanoseconds()> total) {
  auto& counter = state_->stage_cpu.Add({{"stage", stage}});
  const std::lock_guard lock(state_->mutex);
  state_->totals.push_back({&counter, std::move(total)});
}

void Metrics::observe_publish_age(std::chrono::nanoseconds age) {
  state_->publish_ages.Add({}, kAges).Observe(seconds_of(age));
}

void Metrics::observe_batch(const std::string& stage, std::size_t size) {
  state_->batches.Add({{"stage", stage}}, kSizes).Observe(static_cast<double>(size));
}

void Metrics::gauge(const std::string& name, const std::string& help,
                    std::function<double()> read) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  const std::lock_guard lock(state_->mutex);
  state_->readings.push_back({&family.Add({}), std::move(read)});
}

void Metrics::gauges(const std::string& name, const std::string& help, const std::string& label,
                     std::function<std::map<std::string, double>()> read) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  const std::lock_guard lock(state_->mutex);
  state_->families.push_back({&family, label, std::move(read), {}});
}

std::string Metrics::render() {
  const std::lock_guard lock(state_->mutex);
  for (auto& family : state_->families) family.refresh();
  for (const auto& reading : state_->readings) reading.gauge->Set(reading.read());
  for (const auto& total : state_->totals) {
    // A counter takes no negative step: a source that has ended reads less than before.
    const double step = seconds_of(total.read()) - total.counter->Value();
    if (step > 0) total.counter->Increment(step);
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace cqrs
