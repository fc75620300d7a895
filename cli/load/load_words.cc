#include "cli/load/load_words.h"

#include "core/workload/quantity.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_file.h"
#include "core/workload/scenario_limits.h"
#include "core/workload/scenario_reading.h"

#include "cli/load/word_shape.h"
#include "cli/output/units.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace cqrs::load {
namespace {

namespace limits = scenario_limits;
using std::chrono::milliseconds;

constexpr std::uint64_t kStandardData = 1'000;

Scenario standard_scenario() {
  Scenario scenario;
  scenario.name = "command-line";
  return scenario;
}

bool acts_on_orders(const Scenario& scenario) {
  for (const auto& phase : scenario.phases) {
    for (const auto& part : phase.mix) {
      const auto& info = info_of(part.operation);
      if (info.kind == Kind::kOrder && info.target != OperationTarget::kFresh) return true;
    }
  }
  return false;
}

Status read_data(const LoadWords& words, Scenario& scenario) {
  if (!words.scenario) {
    scenario.data = {kStandardData, kStandardData, acts_on_orders(scenario) ? kStandardData : 0};
  }
  const auto count = [](const std::optional<std::string>& text, const char* option,
                        std::uint64_t& out) -> Status {
    if (!text) return {};
    auto number = parse_count(*text, option, limits::kMostEntities);
    if (!number) return number.error();
    out = *number;
    return {};
  };
  CQRS_TRY(count(words.users, "--users", scenario.data[0]));
  CQRS_TRY(count(words.products, "--products", scenario.data[1]));
  return count(words.orders, "--orders", scenario.data[2]);
}

// Where what is hit exists: a file says it itself.
void infer_profiles(Scenario& scenario) {
  if (!scenario.profiles.empty() || scenario.faults.empty()) return;
  const bool whole = std::all_of(scenario.faults.begin(), scenario.faults.end(),
                                 [](const Fault& fault) { return fault.target == "all"; });
  scenario.profiles = {whole ? "embedded" : "standard"};
}

Status read_faults(const LoadWords& words, Scenario& scenario) {
  for (const auto& text : words.faults) {
    auto faults = parse_faults(text);
    if (!faults) return faults.error();
    scenario.faults.insert(scenario.faults.end(), faults->begin(), faults->end());
  }
  std::stable_sort(scenario.faults.begin(), scenario.faults.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
  infer_profiles(scenario);
  return {};
}

Status read_slos(const LoadWords& words, Scenario& scenario) {
  for (const auto& text : words.slos) {
    auto slo = parse_slo(text);
    if (!slo) return invalid("--slo", "--slo: " + slo.error().message);
    scenario.slos.push_back(std::move(*slo));
  }
  return {};
}

Status read_limits(const LoadWords& words, Scenario& scenario) {
  if (words.max_inflight) {
    auto most = parse_count(*words.max_inflight, "--max-inflight", limits::kMostInFlight);
    if (!most) return most.error();
    if (*most == 0) return invalid("--max-inflight", "--max-inflight must be 1 to 200,000");
    if (scenario.closed()) {
      return invalid("--max-inflight",
                     "--max-inflight bounds the open model: in the closed one --concurrency says "
                     "how much is in flight");
    }
    scenario.max_in_flight = static_cast<std::uint32_t>(*most);
  }
  if (words.timeout) {
    auto timeout = read_time(*words.timeout, "--timeout", milliseconds{1}, limits::kLongestTimeout);
    if (!timeout) return timeout.error();
    scenario.timeout = std::chrono::duration_cast<milliseconds>(*timeout);
  }
  return {};
}

Status read_rest(const LoadWords& words, Scenario& scenario) {
  if (words.probe_staleness) {
    const auto probing = parse_probing(*words.probe_staleness);
    if (!probing) {
      return invalid("--probe-staleness",
                     "--probe-staleness must be all, none or a share like "
                     "1/100, not \"" +
                         words.probe_staleness->substr(0, 40) + "\"");
    }
    scenario.probing = *probing;
  }
  if (!words.seed) return {};
  std::uint64_t seed = 0;
  const char* const last = words.seed->data() + words.seed->size();
  const auto [end, error] = std::from_chars(words.seed->data(), last, seed);
  if (error != std::errc() || end != last) {
    return invalid("--seed", "--seed must be a whole number from 0 to 2^64-1, not \"" +
                                 words.seed->substr(0, 40) + "\"");
  }
  scenario.seed = seed;
  return {};
}

// Which option a problem of the whole scenario is about.
std::string option_for(const std::string& place, const LoadWords& words) {
  const auto given = [&place](std::string_view start, bool is_given) {
    return is_given && place.starts_with(start);
  };
  if (given("phases", words.mix.has_value()) && place.find(".mix") != std::string::npos) {
    return "--mix";
  }
  if (given("phases", words.stages.has_value())) return "--stages";
  if (given("phases", words.rate.has_value())) return "--rate";
  if (given("phases", words.duration.has_value())) return "--duration";
  if (given("faults", !words.faults.empty())) return "--fault";
  if (given("slos", !words.slos.empty())) return "--slo";
  if (given("data", words.users.has_value())) return "--users";
  if (given("data", words.products.has_value())) return "--products";
  if (given("data", words.orders.has_value())) return "--orders";
  return words.scenario ? "--scenario" : "--mix";
}

Status check(const Scenario& scenario, const LoadWords& words) {
  std::string text;
  std::string first;
  for (const auto& problem : problems_of(scenario)) {
    const std::string option = option_for(problem.place, words);
    if (first.empty()) first = option;
    if (!text.empty()) text += '\n';
    text += option + ": " + problem.place + ": " + problem.what;
  }
  if (text.empty()) return {};
  return invalid(first, std::move(text));
}

}  // namespace

Result<Scenario> read_scenario(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string reason = std::strerror(errno);
    return make_error(ErrorCode::kNotFound,
                      "cannot open the scenario " + path + ": " + reason +
                          "; those that come with the program are in scenarios/",
                      "--scenario");
  }
  std::stringstream text;
  text << file.rdbuf();
  if (file.bad() || text.str().empty()) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot read the scenario " + path + ": it is empty, or no file",
                      "--scenario");
  }
  return parse_scenario(text.str(), path);
}

Result<Scenario> scenario_of(const LoadWords& words) {
  Scenario scenario = standard_scenario();
  if (words.scenario) {
    auto file = read_scenario(*words.scenario);
    if (!file) return file.error();
    scenario = std::move(*file);
  }
  CQRS_TRY(apply_shape(words, scenario));
  CQRS_TRY(read_data(words, scenario));
  CQRS_TRY(read_faults(words, scenario));
  CQRS_TRY(read_slos(words, scenario));
  CQRS_TRY(read_limits(words, scenario));
  CQRS_TRY(read_rest(words, scenario));
  CQRS_TRY(check(scenario, words));
  return scenario;
}

}  // namespace cqrs::load
