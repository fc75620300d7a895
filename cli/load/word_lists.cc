// The words that are lists: mixes and faults.
#include "core/workload/nearest.h"
#include "core/workload/quantity.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_limits.h"

#include "cli/load/load_words.h"

#include <algorithm>
#include <string_view>

namespace cqrs::load {
namespace {

namespace limits = scenario_limits;
using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 60)) + "\""; }

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// What stands before the first `at`; `rest` is what stands behind it, nothing when there is none.
std::string_view cut(std::string_view text, char at, std::optional<std::string_view>& rest) {
  const auto place = text.find(at);
  rest.reset();
  if (place != std::string_view::npos) rest = text.substr(place + 1);
  return text.substr(0, place);
}

Error bad_fault(std::string_view text, const std::string& what) {
  return invalid("--fault", "--fault " + quoted(text) + ": " + what);
}

// The time of a fault, and of how long it lasts.
Status read_times(std::string_view text, std::string_view times, microseconds before,
                  Fault& fault) {
  std::optional<std::string_view> lasting;
  std::string_view at = cut(times, '/', lasting);
  const bool relative = at.starts_with('+');
  if (relative) at.remove_prefix(1);
  const auto offset = parse_time(at);
  if (!offset || *offset > limits::kLongestRun) {
    return bad_fault(text, quoted(at) + " is no time like 30s, or +10s after the one before");
  }
  fault.at = relative ? before + *offset : *offset;
  if (!lasting) return {};
  const auto length = parse_time(*lasting);
  if (!length || length->count() == 0 || *length > limits::kLongestRun) {
    return bad_fault(text, quoted(*lasting) + " is no time like 20s that it could last");
  }
  fault.lasting = *length;
  return {};
}

Status read_action(std::string_view text, std::string_view name, Fault& fault) {
  std::optional<std::string_view> delay;
  name = cut(name, '=', delay);
  const auto action = find_fault_action(name);
  if (!action) {
    return bad_fault(text,
                     "there is no " + quoted(name) + ": " +
                         did_you_mean(name, {limits::kActions.begin(), limits::kActions.end()}));
  }
  fault.action = *action;
  if ((fault.action == FaultAction::kDelay) != delay.has_value()) {
    return bad_fault(text,
                     "how much later everything passes belongs to delay, and only there: "
                     "write delay=100ms:broker@10s");
  }
  if (!delay) return {};
  const auto time = parse_time(*delay);
  if (!time || *time < milliseconds{1} || *time > limits::kLongestDelay) {
    return bad_fault(text, quoted(*delay) + " is no delay from 1ms to 60s");
  }
  fault.delay = std::chrono::duration_cast<milliseconds>(*time);
  return {};
}

Status read_target(std::string_view text, std::optional<std::string_view> target,
                   const std::string& before, Fault& fault) {
  if (!target) {
    if (before.empty()) {
      return bad_fault(text, "says not what is hit: write kill:projector@30s");
    }
    fault.target = before;
    return {};
  }
  std::vector<std::string_view> known(limits::kRoles.begin(), limits::kRoles.end());
  known.insert(known.end(), limits::kServers.begin(), limits::kServers.end());
  if (std::find(known.begin(), known.end(), *target) == known.end()) {
    return bad_fault(text, "there is no role or server " + quoted(*target) + ": " +
                               did_you_mean(*target, known));
  }
  fault.target = *target;
  return {};
}

Error bad_mix(const std::string& what) { return invalid("--mix", "--mix " + what); }

}  // namespace

Result<std::vector<MixPart>> parse_mix(const std::string& text) {
  std::vector<std::string_view> names;
  for (const auto& info : all_operations()) names.push_back(info.name);
  std::vector<MixPart> mix;
  for (const auto part : split(text, ',')) {
    std::optional<std::string_view> weight;
    const auto name = cut(part, '=', weight);
    const auto operation = find_operation(name);
    if (!operation) {
      return bad_mix("has no operation " + quoted(name) + ": " + did_you_mean(name, names));
    }
    const auto value = split_quantity(weight.value_or("1"));
    if (!value || (!value->unit.empty() && value->unit != "%") || value->value <= 0 ||
        value->value > limits::kMostWeight) {
      return bad_mix("gives " + std::string(name) + " the weight " + quoted(weight.value_or("")) +
                     ": write a number above 0 and up to 1,000,000, as in create_order=70");
    }
    const auto same = [&operation](const MixPart& other) { return other.operation == *operation; };
    if (std::any_of(mix.begin(), mix.end(), same)) {
      return bad_mix("names " + std::string(name) + " twice: add its weights up");
    }
    mix.push_back({*operation, value->value});
  }
  std::sort(mix.begin(), mix.end(),
            [](const auto& left, const auto& right) { return left.operation < right.operation; });
  return mix;
}

Result<std::vector<Fault>> parse_faults(const std::string& text) {
  std::vector<Fault> faults;
  Fault before;
  for (const auto part : split(text, ',')) {
    Fault fault;
    std::optional<std::string_view> times;
    std::optional<std::string_view> target;
    const auto what = cut(part, '@', times);
    const auto action = cut(what, ':', target);
    CQRS_TRY(read_action(part, action, fault));
    CQRS_TRY(read_target(part, target, before.target, fault));
    if (!times) {
      return bad_fault(part,
                       "says not when: add @30s, the time since the start of the first "
                       "phase");
    }
    CQRS_TRY(read_times(part, *times, before.at, fault));
    before = fault;
    faults.push_back(std::move(fault));
  }
  std::stable_sort(faults.begin(), faults.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
  return faults;
}

}  // namespace cqrs::load
