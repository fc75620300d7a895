// A scenario's canonical form, and its smaller copies.
#include "core/base/check.h"
#include "core/workload/quantity.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_file.h"
#include "core/workload/scenario_limits.h"
#include "core/workload/scenario_reading.h"

#include <algorithm>
#include <cmath>

namespace cqrs {
namespace {

using std::chrono::microseconds;

constexpr std::array<const char*, 3> kPlurals{"users", "products", "orders"};

// 500 rather than 500.0.
Json number_json(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

Json skew_json(const Skew& skew) {
  switch (skew.shape) {
    case Skew::Shape::kUniform:
      return "uniform";
    case Skew::Shape::kZipfian:
      return {{"zipfian", number_json(skew.exponent)}};
    case Skew::Shape::kHotKeys:
      return {{"hot", {{"keys", skew.hot_keys}, {"share", number_json(skew.hot_share)}}}};
  }
  return "uniform";
}

Json arrival_json(const ArrivalModel& arrival) {
  if (arrival.closed) {
    return {{"closed", {{"clients", arrival.clients}, {"think", time_text(arrival.think)}}}};
  }
  Json json = {{"process", arrival.process == ArrivalProcess::kPoisson ? "poisson" : "uniform"}};
  if (arrival.from == arrival.to) {
    json["rate"] = number_json(arrival.from);
  } else {
    json["from"] = number_json(arrival.from);
    json["to"] = number_json(arrival.to);
  }
  return json;
}

Json phase_json(const Phase& phase) {
  Json mix = Json::object();
  for (const auto& part : phase.mix) {
    mix[std::string(info_of(part.operation).name)] = number_json(part.weight);
  }
  return {{"name", phase.name},
          {"duration", time_text(phase.duration)},
          {"warmup", phase.warmup},
          {"arrival", arrival_json(phase.arrival)},
          {"mix", std::move(mix)}};
}

Json fault_json(const Fault& fault) {
  Json json = {{"at", time_text(fault.at)},
               {"do", std::string(name_of(fault.action))},
               {"target", fault.target}};
  if (fault.lasting.count() > 0) json["for"] = time_text(fault.lasting);
  if (fault.delay.count() > 0) json["delay"] = time_text(fault.delay);
  return json;
}

// Offsets of a run as it was, as offsets of the same run with other lengths of its phases.
class Timeline {
 public:
  explicit Timeline(const std::vector<Phase>& before, double factor) : factor_(factor) {
    for (const auto& phase : before) {
      // Not longer than it was, when that was below the second.
      const microseconds least = std::min(phase.duration, microseconds{std::chrono::seconds{1}});
      lengths_.emplace_back(phase.duration, std::max(times(phase.duration), least));
    }
  }
  [[nodiscard]] microseconds length(std::size_t phase) const { return lengths_[phase].second; }
  [[nodiscard]] microseconds moved(microseconds offset) const {
    microseconds start{0};
    for (const auto& [before, after] : lengths_) {
      if (offset < before) {
        const double part =
            static_cast<double>(offset.count()) / static_cast<double>(before.count());
        return start + microseconds(static_cast<std::int64_t>(
                           std::floor(part * static_cast<double>(after.count()))));
      }
      offset -= before;
      start += after;
    }
    return start + times(offset);
  }

 private:
  [[nodiscard]] microseconds times(microseconds time) const {
    return microseconds(std::llround(static_cast<double>(time.count()) * factor_));
  }
  double factor_;
  std::vector<std::pair<microseconds, microseconds>> lengths_;
};

double smaller_rate(double rate, double factor) {
  return rate == 0 ? 0 : std::max(rate * factor, scenario_limits::kLeastRate);
}

}  // namespace

Json scenario_json(const Scenario& scenario) {
  Json json = {{"name", scenario.name},
               {"phases", Json::array()},
               {"probe_staleness", probing_text(scenario.probing)},
               {"timeout", time_text(scenario.timeout)},
               {"max_in_flight", scenario.max_in_flight},
               {"expect",
                {{"verdict", scenario.expect.verdict},
                 {"visible", time_text(scenario.expect.visible)},
                 {"verify", scenario.expect.verify}}}};
  if (!scenario.description.empty()) json["description"] = scenario.description;
  if (scenario.seed) json["seed"] = *scenario.seed;
  if (!scenario.profiles.empty()) json["profiles"] = scenario.profiles;
  for (std::size_t kind = 0; kind < kPlurals.size(); ++kind) {
    json["data"][kPlurals[kind]] = scenario.data[kind];
    json["skew"][kPlurals[kind]] = skew_json(scenario.skew[kind]);
  }
  for (const auto& phase : scenario.phases) json["phases"].push_back(phase_json(phase));
  for (const auto& fault : scenario.faults) json["faults"].push_back(fault_json(fault));
  for (const auto& slo : scenario.slos) json["slos"].push_back(slo.text);
  return json;
}

Scenario scaled(const Scenario& scenario, double time_factor, double rate_factor) {
  CQRS_CHECK(time_factor > 0 && time_factor <= 1);
  CQRS_CHECK(rate_factor > 0 && rate_factor <= 1);
  Scenario small = scenario;
  const Timeline timeline(scenario.phases, time_factor);
  for (std::size_t i = 0; i < small.phases.size(); ++i) {
    Phase& phase = small.phases[i];
    phase.duration = timeline.length(i);
    ArrivalModel& arrival = phase.arrival;
    if (!arrival.closed) {
      arrival.from = smaller_rate(arrival.from, rate_factor);
      arrival.to = smaller_rate(arrival.to, rate_factor);
    }
    arrival.clients = std::max<std::uint32_t>(
        1, static_cast<std::uint32_t>(std::lround(arrival.clients * rate_factor)));
  }
  for (auto& fault : small.faults) {
    const microseconds end = timeline.moved(fault.at + fault.lasting);
    const bool lasts = fault.lasting.count() > 0;
    fault.at = timeline.moved(fault.at);
    if (lasts) fault.lasting = std::max(end - fault.at, microseconds{1'000});
  }
  for (std::size_t kind = 0; kind < small.data.size(); ++kind) {
    const auto before = scenario.data[kind];
    if (before == 0) continue;
    const double less = std::ceil(static_cast<double>(before) * time_factor);
    small.data[kind] = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(less));
    small.skew[kind].hot_keys = std::min(small.skew[kind].hot_keys, small.data[kind]);
  }
  return small;
}

}  // namespace cqrs
