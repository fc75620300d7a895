// Phases, mixes and arrivals of a scenario file.
#include "core/workload/nearest.h"
#include "core/workload/quantity.h"
#include "core/workload/scenario_limits.h"
#include "core/workload/scenario_reading.h"

#include <algorithm>

namespace cqrs::scenario_reading {
namespace {

namespace limits = scenario_limits;
using std::chrono::microseconds;

constexpr std::string_view kArrivalForms =
    "{\"rate\": 500}, {\"from\": 100, \"to\": 2000}, {\"stages\": [ … ]} or {\"closed\": "
    "{\"clients\": 8}}";

// Room for the number of a stage.
constexpr std::size_t kLongestStaged = limits::kLongestName - 5;

std::optional<ArrivalProcess> read_process(LinedObject& object) {
  const auto* const value = object.find("process");
  if (value == nullptr) return std::nullopt;
  if (value->is(JsonType::kString) && value->text == "poisson") return ArrivalProcess::kPoisson;
  if (value->is(JsonType::kString) && value->text == "uniform") return ArrivalProcess::kUniform;
  object.complain("process", R"(must be "poisson" or "uniform")");
  return std::nullopt;
}

// {"rate"} or {"from", "to"}; false when neither stands there.
bool read_rates(LinedObject& object, ArrivalModel& arrival) {
  const bool constant = object.find("rate") != nullptr;
  const bool ramp = object.find("from") != nullptr || object.find("to") != nullptr;
  if (!constant && !ramp) return false;
  if (constant && ramp) {
    object.complain("rate",
                    "excludes from and to: a rate is constant, from and to change it "
                    "linearly");
    return true;
  }
  if (constant) {
    const auto rate = object.number("rate", limits::kLeastRate, limits::kMostRate);
    arrival.from = arrival.to = rate.value_or(1);
    return true;
  }
  object.require("from", "the rate at the beginning, as \"from\": 100");
  object.require("to", "the rate at the end, as \"to\": 2000");
  const auto from = object.number("from", 0, limits::kMostRate);
  const auto to = object.number("to", 0, limits::kMostRate);
  arrival.from = from.value_or(1);
  arrival.to = to.value_or(1);
  if (std::max(arrival.from, arrival.to) < limits::kLeastRate) {
    object.complain("to", "from and to are both below " + number_text(limits::kLeastRate) +
                              ": nothing would ever be sent");
  }
  return true;
}

void read_closed(LinedObject& parent, ArrivalModel& arrival) {
  LinedObject object(parent.json(), *parent.find("closed"), parent.path_of("closed"));
  arrival.closed = true;
  object.require("clients", "how many wait for answers side by side, as \"clients\": 8");
  arrival.clients =
      static_cast<std::uint32_t>(object.whole("clients", 1, limits::kMostClients).value_or(1));
  arrival.think =
      object.time("think", microseconds{0}, limits::kLongestThink).value_or(microseconds{0});
  object.finish();
}

std::optional<microseconds> read_duration(LinedObject& object) {
  object.require("duration", R"(as "duration": "60s")");
  return object.time("duration", limits::kShortestPhase, limits::kLongestRun);
}

void read_stages(LinedObject& arrival, const Phase& phase, Phases& phases) {
  const auto* const list = arrival.array("stages", limits::kMostPhases);
  if (list == nullptr) return;
  if (list->size == 0) arrival.complain("stages", "there is none: write at least one");
  const auto process = read_process(arrival).value_or(ArrivalProcess::kUniform);
  if (phase.name.size() > kLongestStaged) {
    arrival.complain("stages", "belong to a phase whose name has " +
                                   std::to_string(phase.name.size()) + " bytes (at most " +
                                   std::to_string(kLongestStaged) + "): shorten it");
  }
  std::size_t number = 0;
  for (const auto& value : *list) {
    const std::string place = arrival.path_of("stages") + "[" + std::to_string(number) + "]";
    LinedObject object(arrival.json(), value, place);
    if (!object.valid()) return;
    Phase stage = phase;
    stage.name += " " + std::to_string(++number);
    stage.arrival.process = read_process(object).value_or(process);
    if (!read_rates(object, stage.arrival)) {
      object.complain("rate",
                      "is missing: write {\"rate\": 500, \"duration\": \"30s\"}, or from "
                      "and to in its place");
    }
    stage.duration = read_duration(object).value_or(limits::kShortestPhase);
    object.finish();
    phases.list.push_back(std::move(stage));
    phases.places.push_back(place);
  }
}

void read_arrival(LinedObject& parent, Phase& phase, const std::string& place, Phases& phases) {
  const auto* const value =
      parent.require("arrival", "how operations arrive: " + std::string(kArrivalForms));
  if (value == nullptr) return;
  LinedObject object(parent.json(), *value, parent.path_of("arrival"));
  if (!object.valid()) return;
  const bool closed = object.find("closed") != nullptr;
  const bool staged = object.find("stages") != nullptr;
  const bool rates = read_rates(object, phase.arrival);
  if (static_cast<int>(closed) + static_cast<int>(staged) + static_cast<int>(rates) != 1) {
    object.complain({}, "must be one of " + std::string(kArrivalForms));
    return;
  }
  if (staged) {
    if (parent.find("duration") != nullptr) {
      parent.complain("duration", "belongs to the stages, each has its own: leave it out here");
    }
    read_stages(object, phase, phases);
    object.finish();
    return;
  }
  if (closed) {
    read_closed(object, phase.arrival);
  } else {
    phase.arrival.process = read_process(object).value_or(ArrivalProcess::kUniform);
  }
  object.finish();
  phase.duration = read_duration(parent).value_or(limits::kShortestPhase);
  phases.list.push_back(phase);
  phases.places.push_back(place);
}

}  // namespace

std::vector<MixPart> read_mix(LinedJson& json, const JsonValue& value, const std::string& path) {
  std::vector<MixPart> mix;
  LinedObject object(json, value, path);
  if (!object.valid()) return mix;
  std::vector<std::string_view> names;
  for (const auto& info : all_operations()) names.push_back(info.name);
  for (const auto& member : value) {
    const auto operation = find_operation(member.key);
    if (!operation) {
      json.complain(member, path,
                    "there is no operation \"" + std::string(member.key.substr(0, 60)) +
                        "\": " + did_you_mean(member.key, names));
      continue;
    }
    const auto weight = object.number(member.key, 0, limits::kMostWeight);
    if (weight && *weight == 0) {
      object.complain(member.key, "is 0, so it would never be sent: leave it out");
    }
    mix.push_back({*operation, weight.value_or(1)});
  }
  std::sort(mix.begin(), mix.end(),
            [](const auto& left, const auto& right) { return left.operation < right.operation; });
  return mix;
}

Phases read_phases(LinedJson& json, const JsonValue& list, const std::vector<MixPart>& standard) {
  Phases phases;
  std::size_t index = 0;
  for (const auto& value : list) {
    const std::string place = "phases[" + std::to_string(index++) + "]";
    LinedObject object(json, value, place);
    if (!object.valid()) continue;
    Phase phase;
    object.require("name", R"(as "name": "steady")");
    phase.name = object.text("name", limits::kLongestName).value_or("phase");
    phase.warmup = object.boolean("warmup").value_or(false);
    phase.mix = standard;
    if (const auto* const mix = object.find("mix"); mix != nullptr) {
      phase.mix = read_mix(json, *mix, place + ".mix");
    }
    object.find("duration");  // known, whatever the arrival turns out to be
    read_arrival(object, phase, place, phases);
    object.finish();
  }
  return phases;
}

}  // namespace cqrs::scenario_reading
