#include "cli/load/word_shape.h"

#include "core/workload/quantity.h"
#include "core/workload/scenario_limits.h"

#include "cli/output/units.h"

#include <algorithm>
#include <cmath>

namespace cqrs::load {
namespace {

namespace limits = scenario_limits;
using std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr double kStandardRate = 200;
constexpr std::uint64_t kStandardClients = 8;
constexpr microseconds kStandardDuration = 30s;
constexpr microseconds kStandardWarmup = 5s;

std::vector<MixPart> standard_mix() {
  return {{Operation::kCreateOrder, 70}, {Operation::kCancelOrder, 10}, {Operation::kGetOrder, 20}};
}

// "500", or "100:2000", of which one may be 0.
Status read_rates(std::string_view text, const char* option, ArrivalModel& arrival) {
  const auto end = [option](std::string_view rate, double& out) -> Status {
    if (rate == "0" || rate == "0/s") {
      out = 0;
      return {};
    }
    auto parsed = parse_rate(rate, option, limits::kMostRate);
    if (!parsed) return parsed.error();
    out = std::max(*parsed, limits::kLeastRate);
    return {};
  };
  const auto colon = text.find(':');
  CQRS_TRY(end(text.substr(0, colon), arrival.from));
  arrival.to = arrival.from;
  if (colon != std::string_view::npos) CQRS_TRY(end(text.substr(colon + 1), arrival.to));
  if (arrival.from > 0 || arrival.to > 0) return {};
  return invalid(option, std::string(option) +
                             " is 0, so nothing would ever be sent: write a rate "
                             "like 500, or a ramp like 0:500");
}

// The end of "100:2000/60s"; "500/s" has none.
std::optional<std::string> take_duration(std::string_view& rate) {
  const auto slash = rate.rfind('/');
  if (slash == std::string_view::npos || rate.substr(slash) == "/s") return std::nullopt;
  std::string duration(rate.substr(slash + 1));
  rate = rate.substr(0, slash);
  return duration;
}

struct Lengths {
  microseconds warmup{0};
  microseconds measured{0};
};

Lengths lengths_of(const Scenario& scenario) {
  if (scenario.phases.empty()) return {kStandardWarmup, kStandardDuration};
  Lengths lengths;
  for (const auto& phase : scenario.phases) {
    (phase.warmup ? lengths.warmup : lengths.measured) += phase.duration;
  }
  return lengths;
}

const Phase& first_measured(const Scenario& scenario) {
  return *std::find_if(scenario.phases.begin(), scenario.phases.end(),
                       [](const Phase& phase) { return !phase.warmup; });
}

// The mix that phases take which replace those of a file.
Result<std::vector<MixPart>> kept_mix(const Scenario& scenario) {
  if (scenario.phases.empty()) return standard_mix();
  const auto& mix = first_measured(scenario).mix;
  for (const auto& phase : scenario.phases) {
    if (!phase.warmup && phase.mix != mix) {
      return invalid("--mix", "the phases of scenario " + scenario.name +
                                  " have different mixes, so it is not clear which one the new "
                                  "phases take: add --mix");
    }
  }
  return mix;
}

Phase warmup_before(const Phase& first, microseconds length) {
  Phase phase = first;
  phase.name = "warm-up";
  phase.warmup = true;
  phase.duration = length;
  // A ramp from nothing is warmed up by a tenth of where it goes.
  if (phase.arrival.from == 0) phase.arrival.from = phase.arrival.to / 10;
  phase.arrival.to = phase.arrival.from;
  return phase;
}

Result<std::vector<Phase>> staged(const LoadWords& words, const std::vector<MixPart>& mix) {
  if (words.duration) {
    return invalid("--duration", "--stages have durations of their own: leave --duration out");
  }
  std::vector<Phase> phases;
  std::string_view rest = *words.stages;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const auto text = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    const auto at = text.find('@');
    if (at == std::string_view::npos) {
      return invalid("--stages", "--stages: \"" + std::string(text.substr(0, 40)) +
                                     "\" has no duration: write 500@30s,1000@1m");
    }
    Phase phase;
    phase.name = "load " + std::to_string(phases.size() + 1);
    phase.mix = mix;
    CQRS_TRY(read_rates(text.substr(0, at), "--stages", phase.arrival));
    auto duration = read_time(std::string(text.substr(at + 1)), "--stages", limits::kShortestPhase,
                              limits::kLongestRun);
    if (!duration) return duration.error();
    phase.duration = *duration;
    phases.push_back(std::move(phase));
  }
  return phases;
}

Result<std::vector<Phase>> single(const LoadWords& words, const std::vector<MixPart>& mix,
                                  microseconds standard) {
  Phase phase;
  phase.name = "load";
  phase.mix = mix;
  std::optional<std::string> duration = words.duration;
  phase.arrival.from = phase.arrival.to = kStandardRate;
  if (words.closed) {
    phase.arrival.closed = true;
    phase.arrival.from = phase.arrival.to = 0;
    phase.arrival.clients = static_cast<std::uint32_t>(kStandardClients);
  } else if (words.rate) {
    std::string_view rate = *words.rate;
    if (auto own = take_duration(rate); own) {
      if (words.duration) {
        return invalid("--duration", "--rate " + *words.rate +
                                         " has a duration of its own: leave "
                                         "--duration out");
      }
      duration = std::move(own);
    }
    CQRS_TRY(read_rates(rate, "--rate", phase.arrival));
  }
  phase.duration = standard;
  if (duration) {
    auto length = read_time(*duration, words.duration ? "--duration" : "--rate",
                            limits::kShortestPhase, limits::kLongestRun);
    if (!length) return length.error();
    phase.duration = *length;
  }
  return std::vector<Phase>{std::move(phase)};
}

Status replace_phases(const LoadWords& words, Scenario& scenario) {
  const Lengths lengths = lengths_of(scenario);
  std::vector<MixPart> mix;
  if (words.mix) {
    auto given = parse_mix(*words.mix);
    if (!given) return given.error();
    mix = std::move(*given);
  } else {
    auto kept = kept_mix(scenario);
    if (!kept) return kept.error();
    mix = std::move(*kept);
  }
  auto phases = words.stages ? staged(words, mix) : single(words, mix, lengths.measured);
  if (!phases) return phases.error();
  if (lengths.warmup.count() > 0) {
    phases->insert(phases->begin(), warmup_before(phases->front(), lengths.warmup));
  }
  scenario.phases = std::move(*phases);
  return {};
}

Status change_phases(const LoadWords& words, Scenario& scenario) {
  if (words.mix) {
    auto mix = parse_mix(*words.mix);
    if (!mix) return mix.error();
    for (auto& phase : scenario.phases) phase.mix = *mix;
  }
  if (!words.duration) return {};
  auto wanted =
      read_time(*words.duration, "--duration", limits::kShortestPhase, limits::kLongestRun);
  if (!wanted) return wanted.error();
  const double factor = static_cast<double>(wanted->count()) /
                        static_cast<double>(lengths_of(scenario).measured.count());
  for (auto& phase : scenario.phases) {
    if (phase.warmup) continue;
    const double length = static_cast<double>(phase.duration.count()) * factor;
    phase.duration = std::max(limits::kShortestPhase, microseconds(std::llround(length)));
  }
  return {};
}

Status apply_warmup(const LoadWords& words, Scenario& scenario) {
  if (!words.warmup) return {};
  microseconds length{0};
  if (*words.warmup != "0") {
    auto read = read_time(*words.warmup, "--warmup", microseconds{0}, limits::kLongestRun);
    if (!read) return read.error();
    length = *read;
  }
  std::erase_if(scenario.phases, [](const Phase& phase) { return phase.warmup; });
  if (length.count() == 0) return {};
  length = std::max(length, limits::kShortestPhase);
  scenario.phases.insert(scenario.phases.begin(), warmup_before(scenario.phases.front(), length));
  return {};
}

Error closed_only(const char* option) {
  return invalid(option, std::string(option) +
                             " belongs to the closed model: add --closed, or "
                             "bound the open one by --max-inflight");
}

Status apply_clients(const LoadWords& words, Scenario& scenario) {
  if (!words.concurrency) return {};
  if (!scenario.closed()) return closed_only("--concurrency");
  auto clients = parse_count(*words.concurrency, "--concurrency", limits::kMostClients);
  if (!clients) return clients.error();
  if (*clients == 0) return invalid("--concurrency", "--concurrency must be 1 to 10,000");
  for (auto& phase : scenario.phases) {
    phase.arrival.clients = static_cast<std::uint32_t>(*clients);
  }
  return {};
}

Status apply_think(const LoadWords& words, Scenario& scenario) {
  if (!words.think) return {};
  if (!scenario.closed()) return closed_only("--think");
  auto think = read_time(*words.think, "--think", microseconds{0}, limits::kLongestThink);
  if (!think) return think.error();
  for (auto& phase : scenario.phases) phase.arrival.think = *think;
  return {};
}

Status apply_process(const LoadWords& words, Scenario& scenario) {
  if (!words.arrival) return {};
  if (*words.arrival != "poisson" && *words.arrival != "uniform") {
    return invalid("--arrival", "--arrival must be poisson or uniform, not \"" +
                                    words.arrival->substr(0, 40) + "\"");
  }
  if (scenario.closed()) {
    return invalid("--arrival",
                   "--arrival belongs to the open model: in the closed one an "
                   "operation follows the answer before it");
  }
  const bool poisson = *words.arrival == "poisson";
  for (auto& phase : scenario.phases) {
    phase.arrival.process = poisson ? ArrivalProcess::kPoisson : ArrivalProcess::kUniform;
  }
  return {};
}

Status one_model(const LoadWords& words) {
  if (words.rate && words.stages) {
    return invalid("--stages", "--stages exclude --rate: they are rates, one after the other");
  }
  if (!words.closed || (!words.rate && !words.stages)) return {};
  return invalid("--closed",
                 "--closed excludes --rate and --stages: it sends when an answer "
                 "comes, bound by --concurrency");
}

}  // namespace

Result<microseconds> read_time(const std::string& text, const char* option, microseconds least,
                               microseconds most) {
  const auto time = parse_time(text);
  if (time && *time >= least && *time <= most) return *time;
  return invalid(option, std::string(option) + " must be a time from " + time_text(least) + " to " +
                             time_text(most) + ", as 250ms, 10s or 5m, not \"" +
                             text.substr(0, 40) + "\"");
}

Status apply_shape(const LoadWords& words, Scenario& scenario) {
  CQRS_TRY(one_model(words));
  const bool replaces = scenario.phases.empty() || words.rate || words.stages || words.closed;
  CQRS_TRY(replaces ? replace_phases(words, scenario) : change_phases(words, scenario));
  CQRS_TRY(apply_warmup(words, scenario));
  CQRS_TRY(apply_process(words, scenario));
  CQRS_TRY(apply_clients(words, scenario));
  return apply_think(words, scenario);
}

}  // namespace cqrs::load
