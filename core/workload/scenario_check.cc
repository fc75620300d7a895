#include "core/workload/scenario_check.h"

#include "core/workload/nearest.h"
#include "core/workload/quantity.h"
#include "core/workload/scenario_limits.h"

#include <algorithm>
#include <set>

namespace cqrs {
namespace {

namespace limits = scenario_limits;

using Problems = std::vector<ScenarioProblem>;

constexpr std::array<std::string_view, 3> kPlurals{"users", "products", "orders"};

std::string place_of(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

bool is_role(std::string_view target) {
  return std::find(limits::kRoles.begin(), limits::kRoles.end(), target) != limits::kRoles.end();
}

void check_phases(const Scenario& scenario, Problems& problems) {
  if (scenario.phases.empty()) {
    problems.push_back({"phases", "there is none: write at least one"});
    return;
  }
  std::set<std::string_view> names;
  bool measured = false;
  double operations = 0;
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    const Phase& phase = scenario.phases[i];
    const std::string place = place_of("phases", i);
    if (!names.insert(phase.name).second) {
      problems.push_back({place + ".name", "there are two phases \"" + phase.name +
                                               "\": give each a name of its own"});
    }
    if (phase.warmup && measured) {
      problems.push_back({place + ".warmup",
                          "a warm-up stands before everything that is measured: move the phase to "
                          "the front"});
    }
    measured = measured || !phase.warmup;
    operations += expected_operations(phase);
    if (phase.arrival.closed != scenario.closed()) {
      problems.push_back({place + ".arrival",
                          "open and closed phases do not go together: the one measures from a "
                          "schedule, the other has none, and no figure could hold both; make two "
                          "scenarios"});
    }
  }
  if (!measured) {
    problems.push_back({"phases", "all are warm-up, so nothing is measured: add a phase without"});
  }
  if (scenario.duration() > limits::kLongestRun) {
    problems.push_back({"phases", "last " + time_text(scenario.duration()) + " in all (at most " +
                                      time_text(limits::kLongestRun) + "): shorten them"});
  }
  if (operations > limits::kMostOperations) {
    problems.push_back({"phases", "ask for " + number_text(operations, 0) +
                                      " operations (at most 10,000,000,000): lower the rates, or "
                                      "shorten the phases"});
  }
}

// Whether there is something of each kind, phase by phase.
class Supply {
 public:
  explicit Supply(const Scenario& scenario) {
    for (std::size_t kind = 0; kind < 3; ++kind) there_[kind] = scenario.data[kind] > 0;
    before_ = there_;
  }
  void add(const Phase& phase) {
    for (const auto& part : phase.mix) {
      const auto& info = info_of(part.operation);
      if (info.target == OperationTarget::kFresh) there_[kind_index(info.kind)] = true;
    }
  }
  [[nodiscard]] bool has(Kind kind) const { return there_[kind_index(kind)]; }
  [[nodiscard]] bool before(Kind kind) const { return before_[kind_index(kind)]; }

 private:
  std::array<bool, 3> there_{};
  std::array<bool, 3> before_{};  // the first phase
};

std::string lacking(const OperationInfo& info, Kind kind) {
  const std::string things(kPlurals[kind_index(kind)]);
  return std::string(info.name) + " needs " + things + ", and there are none: add " + things +
         " to data, or " + std::string(info_of(creation_of(kind)).name) +
         " to this mix or to that of a phase before";
}

// What an order refers to is chosen by its number alone, and so cannot be what the run makes.
std::string lacking_before(Kind kind) {
  const std::string things(kPlurals[kind_index(kind)]);
  return "create_order needs " + things + " that are there before the first phase: add " + things +
         " to data";
}

void check_mix(const Phase& phase, const Supply& supply, const std::string& place,
               Problems& problems) {
  if (phase.mix.empty()) {
    problems.push_back({place,
                        "there is no operation: write at least one, as in "
                        "{\"create_order\": 70, \"get_order\": 30}"});
  }
  for (const auto& part : phase.mix) {
    const auto& info = info_of(part.operation);
    const std::string here = place + "." + std::string(info.name);
    if (info.target != OperationTarget::kFresh && !supply.has(info.kind)) {
      problems.push_back({here, lacking(info, info.kind)});
    }
    if (info.operation != Operation::kCreateOrder) continue;
    for (const Kind kind : {Kind::kUser, Kind::kProduct}) {
      if (!supply.before(kind)) problems.push_back({here, lacking_before(kind)});
    }
  }
}

void check_supply(const Scenario& scenario, Problems& problems) {
  if (scenario.data[2] > 0 && (scenario.data[0] == 0 || scenario.data[1] == 0)) {
    problems.push_back({"data.orders",
                        "orders need at least 1 user and 1 product to refer to: add users and "
                        "products to data"});
  }
  Supply supply(scenario);
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    supply.add(scenario.phases[i]);
    check_mix(scenario.phases[i], supply, place_of("phases", i) + ".mix", problems);
  }
  for (std::size_t kind = 0; kind < 3; ++kind) {
    const Skew& skew = scenario.skew[kind];
    const auto there = scenario.data[kind];
    if (skew.shape != Skew::Shape::kHotKeys || there == 0 || skew.hot_keys <= there) continue;
    const std::string name(kPlurals[kind]);
    problems.push_back({"skew." + name, grouped_text(skew.hot_keys) + " hot keys are more than " +
                                            "the " + grouped_text(there) + " " + name +
                                            " of data: make them fewer"});
  }
}

bool for_servers_only(FaultAction action) { return action >= FaultAction::kFreeze; }

void check_fault(const Scenario& scenario, const Fault& fault, const std::string& place,
                 Problems& problems) {
  const std::string action(name_of(fault.action));
  if (fault.at >= scenario.duration()) {
    problems.push_back({place + ".at", "is at " + time_text(fault.at) + ", and the phases end at " +
                                           time_text(scenario.duration()) + ": do it before"});
  }
  if (for_servers_only(fault.action) && is_role(fault.target)) {
    problems.push_back({place + ".target",
                        "only servers stand behind the proxy, so a role cannot "
                        "be hit by " +
                            action + ": use pause or kill, or name one of " +
                            listed({limits::kServers.begin(), limits::kServers.end()})});
  }
  const bool delays = fault.action == FaultAction::kDelay;
  if (delays != (fault.delay.count() > 0)) {
    problems.push_back({place + ".delay", delays ? "is missing: write how much later everything "
                                                   "passes, as \"100ms\""
                                                 : "belongs to \"delay\" only: leave it out"});
  }
  const bool passing = fault.action == FaultAction::kResume ||
                       fault.action == FaultAction::kRestart || fault.action == FaultAction::kHeal;
  if (passing && fault.lasting.count() > 0) {
    problems.push_back({place + ".for", action + " is a single moment: leave the time out"});
  }
}

void check_faults(const Scenario& scenario, Problems& problems) {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    check_fault(scenario, scenario.faults[i], place_of("faults", i), problems);
  }
  if (scenario.faults.empty()) return;
  if (scenario.profiles.empty()) {
    problems.push_back({"faults",
                        "not every profile has the part that is hit: say where it can "
                        "run, \"profiles\": [\"standard\"]"});
  }
  for (const auto& profile : scenario.profiles) {
    if (const auto fits = check_profile(scenario, profile); !fits) {
      problems.push_back({"faults", fits.error().message});
    }
  }
}

// A series keeps the latency of commands and queries together.
void check_latency(const Scenario& scenario, const Slo& slo, const std::string& place,
                   Problems& problems) {
  const bool commands = slo.metric == "command.latency";
  if (!commands && slo.metric != "query.latency") return;
  if (!needs_series(slo) && !slo.abort) return;
  const auto of_other_side = [commands](const MixPart& part) {
    return info_of(part.operation).command != commands;
  };
  for (const auto& phase : scenario.phases) {
    const bool concerned = slo.tag == "phase" ? is_phase(slo.tag_value, phase.name) : !phase.warmup;
    if (!concerned || std::none_of(phase.mix.begin(), phase.mix.end(), of_other_side)) continue;
    problems.push_back({place, slo.metric +
                                   " cannot be told for a window, a phase or abort here: "
                                   "every second keeps commands and queries together, and "
                                   "phase \"" +
                                   phase.name +
                                   "\" sends both; judge the whole run, or use staleness, errors "
                                   "or schedule_lag"});
    return;
  }
}

void check_slo(const Scenario& scenario, const Slo& slo, const std::string& place,
               Problems& problems) {
  if (scenario.closed() && (slo.metric == "load.achieved" || slo.metric == "schedule_lag")) {
    problems.push_back({place, slo.metric + " needs a schedule, and a closed model has none: leave "
                                            "it out, or give the phases rates"});
  }
  if (slo.tag == "phase") {
    std::vector<std::string_view> names;
    for (const auto& phase : scenario.phases) names.push_back(phase.name);
    if (std::none_of(names.begin(), names.end(),
                     [&slo](auto name) { return is_phase(slo.tag_value, name); })) {
      problems.push_back({place, "there is no phase \"" + slo.tag_value +
                                     "\": " + did_you_mean(slo.tag_value, names)});
      return;
    }
  }
  if (slo.tag == "op") {
    const auto sends = [&slo](const Phase& phase) {
      return !phase.warmup &&
             std::any_of(phase.mix.begin(), phase.mix.end(), [&](const auto& part) {
               return info_of(part.operation).name == slo.tag_value;
             });
    };
    if (std::none_of(scenario.phases.begin(), scenario.phases.end(), sends)) {
      problems.push_back({place, "no measured phase sends " + slo.tag_value +
                                     ", so there would be no data: add it to a mix"});
    }
  }
  check_latency(scenario, slo, place, problems);
}

}  // namespace

std::string_view name_of(FaultAction action) {
  return limits::kActions.at(static_cast<std::size_t>(action));
}

std::optional<FaultAction> find_fault_action(std::string_view name) {
  const auto* const found = std::find(limits::kActions.begin(), limits::kActions.end(), name);
  if (found == limits::kActions.end()) return std::nullopt;
  return static_cast<FaultAction>(found - limits::kActions.begin());
}

std::vector<ScenarioProblem> problems_of(const Scenario& scenario) {
  Problems problems;
  check_phases(scenario, problems);
  if (scenario.phases.empty()) return problems;
  check_supply(scenario, problems);
  check_faults(scenario, problems);
  for (std::size_t i = 0; i < scenario.slos.size(); ++i) {
    check_slo(scenario, scenario.slos[i], place_of("slos", i), problems);
  }
  return problems;
}

Status check_profile(const Scenario& scenario, std::string_view profile) {
  const auto& able = scenario.profiles;
  if (!able.empty() && std::find(able.begin(), able.end(), profile) == able.end()) {
    return invalid("profile", "scenario " + scenario.name + " is for the profile " +
                                  listed({able.begin(), able.end()}) + ", not for " +
                                  std::string(profile) + ": choose it by --profile");
  }
  // Which processes a foreign system has, its target file says.
  if (profile == "foreign") return {};
  const bool embedded = profile == "embedded";
  for (const auto& fault : scenario.faults) {
    if ((fault.target == "all") == embedded) continue;
    if (embedded) {
      return invalid("profile", "the embedded profile has no " + fault.target +
                                    " of its own: it is one process, \"all\"; hit that, or run "
                                    "the scenario on \"standard\" only");
    }
    return invalid("profile", "the " + std::string(profile) +
                                  " profile has no process \"all\": name a role (gateway, command, "
                                  "relay, projector, query), or run it on \"embedded\" only");
  }
  return {};
}

bool is_phase(std::string_view tag, std::string_view phase) {
  if (!phase.starts_with(tag)) return false;
  std::string_view rest = phase.substr(tag.size());
  if (rest.empty()) return true;
  if (!rest.starts_with(' ') || rest.size() < 2) return false;
  rest.remove_prefix(1);
  return rest.find_first_not_of("0123456789") == std::string_view::npos;
}

double expected_operations(const Phase& phase) {
  if (phase.arrival.closed) return 0;
  const double seconds = static_cast<double>(phase.duration.count()) / 1e6;
  return (phase.arrival.from + phase.arrival.to) / 2 * seconds;
}

}  // namespace cqrs
