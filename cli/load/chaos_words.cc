#include "cli/load/chaos_words.h"

#include "core/base/hash.h"

#include "cli/faults/fault_words.h"
#include "cli/output/units.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace cqrs {
namespace {

constexpr double kMostRate = 1e6;
constexpr double kDefaultRate = 200;
constexpr std::chrono::milliseconds kShortest{100};

// "projector-2" is one of "projector".
std::string role_of(const std::string& target) {
  const auto dash = target.rfind('-');
  return dash == std::string::npos ? target : target.substr(0, dash);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

Result<std::chrono::milliseconds> duration_of(const std::string& text, const std::string& option,
                                              std::chrono::milliseconds least) {
  auto parsed = parse_duration(text, option);
  if (!parsed) return parsed;
  if (*parsed >= least) return parsed;
  return invalid(option, option + " must be at least " + std::to_string(least.count()) + "ms");
}

Result<std::vector<std::string>> chosen_targets(const ChaosWords& words,
                                                const RunningSystem& system) {
  const auto there = killable(system);
  const bool random = words.kill == "random";
  if (!random && !words.roles.empty()) {
    return invalid("--roles", "--roles is what --kill random chooses from: leave one of them away");
  }
  const auto named = random ? split(words.roles) : std::vector<std::string>{words.kill};
  if (named.empty()) return there;
  std::vector<std::string> targets;
  for (const auto& name : named) {
    const auto before = targets.size();
    for (const auto& target : there) {
      if (target == name || role_of(target) == name) targets.push_back(target);
    }
    if (targets.size() == before) {
      const std::string option = random ? "--roles" : "--kill";
      return invalid(option, option + ": there is no \"" + name + "\" here: one of " +
                                 joined(there) + (random ? "" : ", or random"));
    }
  }
  return targets;
}

Result<std::vector<MixPart>> mix_of(const std::string& text) {
  if (text.empty()) return default_chaos_mix();
  std::vector<MixPart> mix;
  for (const auto& part : split(text)) {
    const auto equals = std::min(part.find('='), part.size());
    const auto operation = find_operation(part.substr(0, equals));
    double weight = 0;
    const char* end = part.data() + part.size();
    const auto [stop, error] =
        std::from_chars(part.data() + std::min(equals + 1, part.size()), end, weight);
    if (!operation || error != std::errc() || stop != end || !(weight > 0)) {
      return invalid("--mix", "--mix: \"" + part +
                                  "\" is not OPERATION=WEIGHT with a weight above 0, like "
                                  "create_order=70");
    }
    mix.push_back({*operation, weight});
  }
  return mix;
}

Result<std::uint64_t> seed_of(const std::string& text, std::uint64_t fresh) {
  if (text.empty()) return fresh;
  std::uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seed);
  if (error == std::errc() && stop == end) return seed;
  return invalid("--seed", "--seed must be a whole number from 0 to 18446744073709551615");
}

}  // namespace

const std::vector<MixPart>& default_chaos_mix() {
  static const std::vector<MixPart> mix{
      {Operation::kCreateUser, 15}, {Operation::kUpdateUser, 5},   {Operation::kCreateProduct, 10},
      {Operation::kChangePrice, 5}, {Operation::kCreateOrder, 25}, {Operation::kConfirmOrder, 5},
      {Operation::kCancelOrder, 5}, {Operation::kGetUser, 10},     {Operation::kGetProduct, 10},
      {Operation::kGetOrder, 10},
  };
  return mix;
}

std::vector<std::string> killable(const RunningSystem& system) {
  std::map<std::string, int> replicas;
  for (const auto& process : system.processes) ++replicas[process.role];
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const auto& process : system.processes) {
    if (process.role == kProxyRole) continue;
    const int number = ++seen[process.role];
    names.push_back(replicas[process.role] == 1 ? process.role
                                                : process.role + "-" + std::to_string(number));
  }
  return names;
}

std::vector<Fault> random_kills(const RandomKills& kills) {
  using std::chrono::microseconds;
  std::vector<Fault> faults;
  std::map<std::string, microseconds> back;  // when a target is up again
  std::uint64_t state = kills.seed;
  const microseconds last = kills.duration - kills.quiet;
  const microseconds every = kills.every;
  for (microseconds from{0}; from + every <= last; from += every) {
    const auto width = static_cast<std::uint64_t>(every.count());
    const microseconds at =
        from + microseconds(static_cast<microseconds::rep>(split_mix(state) % width));
    const std::uint64_t dice = split_mix(state);
    std::vector<std::string> free;
    for (const auto& target : kills.targets) {
      const auto up = [&](const std::string& each) {
        return !back.contains(each) || back.at(each) <= at;
      };
      if (!up(target)) continue;
      const auto of_role = [&](const std::string& each) {
        return role_of(each) == role_of(target);
      };
      const auto replicas = std::count_if(kills.targets.begin(), kills.targets.end(), of_role);
      const auto running =
          std::count_if(kills.targets.begin(), kills.targets.end(),
                        [&](const std::string& each) { return of_role(each) && up(each); });
      if (replicas > 1 && running == 1 && !kills.all_at_once) continue;
      free.push_back(target);
    }
    if (free.empty()) continue;
    Fault fault;
    fault.at = at;
    fault.action = FaultAction::kKill;
    fault.target = free[dice % free.size()];
    fault.lasting = kills.pause;
    // A restart takes its time: whoever was just killed is left alone for one more stretch.
    back[fault.target] = at + kills.pause + every;
    faults.push_back(std::move(fault));
  }
  return faults;
}

Result<Scenario> chaos_scenario(const ChaosWords& words, const RunningSystem& system,
                                std::uint64_t fresh_seed) {
  RandomKills kills;
  auto targets = chosen_targets(words, system);
  if (!targets) return targets.error();
  auto seed = seed_of(words.seed, fresh_seed);
  if (!seed) return seed.error();
  auto every = duration_of(words.every, "--every", kShortest);
  if (!every) return every.error();
  auto pause = duration_of(words.pause, "--pause", kShortest);
  if (!pause) return pause.error();
  auto duration = duration_of(words.duration, "--for", kShortest);
  if (!duration) return duration.error();
  auto quiet = parse_duration(words.quiet, "--quiet");
  if (!quiet) return quiet.error();
  auto mix = mix_of(words.mix);
  if (!mix) return mix.error();
  Result<double> rate = kDefaultRate;
  if (!words.rate.empty()) rate = parse_rate(words.rate, "--rate", kMostRate);
  if (!rate) return rate.error();
  kills = {*seed, *every, *pause, *duration, *quiet, std::move(*targets), words.all_at_once};
  if (*every + *quiet > *duration) {
    return invalid("--for", "--for must be at least --every and " + words.quiet +
                                " without faults (--quiet) together");
  }
  Scenario scenario;
  scenario.name = "chaos";
  scenario.description = "kill " + words.kill + " every " + words.every + " for " + words.duration;
  scenario.seed = *seed;
  Phase phase;
  phase.name = "chaos";
  phase.duration = *duration;
  phase.arrival.from = phase.arrival.to = *rate;
  phase.mix = std::move(*mix);
  scenario.phases.push_back(std::move(phase));
  scenario.faults = random_kills(kills);
  return scenario;
}

std::vector<std::string> told(const std::vector<Fault>& faults) {
  std::vector<std::string> lines;
  for (const auto& fault : faults) {
    const auto seconds = [](std::chrono::microseconds time) {
      return seconds_text(std::chrono::duration<double>(time).count());
    };
    std::string line = fault_text(fault) + " at " + seconds(fault.at);
    if (fault.lasting.count() > 0) {
      line += ", " + std::string(fault_action_name(ending_of(fault.action))) + " at " +
              seconds(fault.at + fault.lasting);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace cqrs
