#include "cli/commands/replay.h"

#include "cli/output/units.h"
#include "cli/system/running.h"

namespace cqrs {
namespace {

// "5000", "5k" or "5k/s".
Result<std::int64_t> parse_rate(std::string text) {
  if (text.empty()) return std::int64_t{0};
  if (text.ends_with("/s")) text.resize(text.size() - 2);
  auto rate = parse_count(text, "--rate", 100'000'000);
  if (!rate) return rate.error();
  if (*rate == 0) {
    return invalid("--rate",
                   "--rate must be at least 1 event per second: leave it out for no limit");
  }
  return static_cast<std::int64_t>(*rate);
}

Status check_words(const ReplayOptions& options) {
  if (options.projection != "all") {
    return invalid("--projection", "there is no projection \"" + options.projection +
                                       "\" that is rebuilt alone, because users, products and "
                                       "orders switch together: use --projection all");
  }
  if (options.from != "start") {
    return invalid("--from", "--from " + options.from +
                                 " cannot be: a new generation is empty and needs every event: "
                                 "use --from start");
  }
  if (options.to != "head") {
    return invalid("--to", "--to " + options.to +
                               " cannot be: views that end before the head are stale, and could "
                               "not be proven equal: use --to head");
  }
  if (options.mode != "shadow") {
    return invalid("--mode", "--mode " + options.mode +
                                 " is not there: readers would see half-built views. A shadow "
                                 "costs room on the disk only until the old views are dropped: "
                                 "use --mode shadow");
  }
  if (options.switch_live && !options.verify) {
    return invalid("--switch",
                   "--switch with --no-verify would serve views that nobody compared: "
                   "leave out --no-verify");
  }
  return {};
}

Json plan_json(const ReplayPlan& plan, const Json& all) {
  const Json* unfinished = unfinished_generation_of(all);
  Json body{{"verdict", "planned"},
            {"executed", false},
            {"events", all.value("head", Position{0})},
            {"live", live_generation_of(all)},
            {"rate", plan.rate},
            {"verify", plan.prove},
            {"switch", plan.switch_live}};
  body["adopts"] = unfinished == nullptr ? Json() : unfinished->at("generation");
  return body;
}

ExitCode print_plan(const ReplayPlan& plan, const RunningSystem& system, Context& context) {
  auto all = call(system, "GET", "/v1/admin/generations");
  if (!all) return fail(context, all.error());
  if (context.json()) {
    context.out << plan_json(plan, *all).dump() << "\n";
    return ExitCode::kDone;
  }
  const auto live = std::to_string(live_generation_of(*all));
  const auto head = all->value("head", Position{0});
  const Json* unfinished = unfinished_generation_of(*all);
  Position done = 0;
  context.out << "plan (nothing was changed; add --execute to carry it out)\n";
  if (unfinished == nullptr) {
    context.out << "  1. make a new generation beside the live one (generation " << live << ")\n";
  } else {
    done = unfinished->value("applied", Position{0});
    context.out << "  1. go on with generation " << unfinished->value("generation", 0)
                << ", which an earlier replay left at " << grouped(done)
                << " (to begin anew, drop it first)\n";
  }
  context.out << "  2. apply " << grouped(std::max<Position>(0, head - done)) << " events to it"
              << (plan.rate == 0 ? "" : ", at most " + grouped(plan.rate) + " a second")
              << ", and follow new ones\n"
              << (plan.prove ? "  3. prove it equal to the write side, content by content\n"
                             : "  3. leave it unproven (--no-verify)\n")
              << (plan.switch_live
                      ? "  4. switch reads to it; the old generation stays\n"
                      : "  4. leave reads where they are (--switch would move them)\n");
  return ExitCode::kDone;
}

double rate_of(const ReplayOutcome& outcome) {
  return outcome.elapsed_s > 0 ? static_cast<double>(outcome.events) / outcome.elapsed_s : 0;
}

std::string proof_text(const ReplayOutcome& outcome) {
  if (outcome.equal.value_or(false)) {
    return "equal to the write side, content by content, in " + seconds_text(outcome.proof_s) +
           (outcome.live_equal ? "" : "; but NOT the live one: " + outcome.reason);
  }
  if (outcome.equal) return "NOT equal: " + outcome.reason;
  return outcome.reason.empty() ? "none (--no-verify)" : "none: " + outcome.reason;
}

}  // namespace

int live_generation_of(const Json& generations) {
  for (const auto& generation : generations.at("generations")) {
    if (generation.value("live", false)) return generation.value("generation", 0);
  }
  return 0;
}

const Json* unfinished_generation_of(const Json& generations) {
  const Json* found = nullptr;
  for (const auto& generation : generations.at("generations")) {
    if (generation.value("unfinished", false) && !generation.value("stopped", false)) {
      found = &generation;
    }
  }
  return found;
}

Result<ReplayPlan> parse_replay(const ReplayOptions& options) {
  CQRS_TRY(check_words(options));
  auto rate = parse_rate(options.rate);
  if (!rate) return rate.error();
  auto patience = parse_duration(options.timeout, "--wait");
  if (!patience) return patience.error();
  return ReplayPlan{*rate, *patience, options.verify, options.switch_live};
}

ExitCode run_replay(const ReplayOptions& options, Context& context) {
  auto plan = parse_replay(options);
  if (!plan) return fail(context, plan.error());
  if (!options.execute) {
    auto system = find_running({context.options.data_dir});
    if (!system) return fail(context, system.error());
    return print_plan(*plan, *system, context);
  }
  auto outcome = replay(*plan, context);
  const auto late = context.interrupted ? ExitCode::kInterrupted : ExitCode::kInconclusive;
  if (!outcome) {
    return outcome.error().code == ErrorCode::kTimeout ? fail(context, outcome.error(), late)
                                                       : fail(context, outcome.error());
  }
  if (context.json()) {
    context.out << json_of(*outcome).dump() << "\n";
  } else {
    print(*outcome, context.out);
  }
  return outcome->code == ExitCode::kInconclusive ? late : outcome->code;
}

Json json_of(const ReplayOutcome& outcome) {
  Json body{{"verdict", outcome.verdict},         {"events", outcome.events},
            {"events_per_s", rate_of(outcome)},   {"elapsed_s", outcome.elapsed_s},
            {"proof_s", outcome.proof_s},         {"live_equal", outcome.live_equal},
            {"switched", outcome.switched},       {"generation", outcome.generation},
            {"live_before", outcome.live_before}, {"adopted", outcome.adopted},
            {"resumed_at", outcome.resumed_at},   {"reason", outcome.reason}};
  body["equal"] = outcome.equal ? Json(*outcome.equal) : Json();
  return body;
}

ReportSection section_of(const ReplayOutcome& outcome) {
  return {"Replay",
          {{"events", grouped(outcome.events) + " in " + seconds_text(outcome.elapsed_s) + ", " +
                          rate_text(rate_of(outcome)) +
                          (outcome.adopted
                               ? ", after " + grouped(outcome.resumed_at) + " by an earlier replay"
                               : "")},
           {"proof", proof_text(outcome)},
           {"generation",
            std::to_string(outcome.generation) +
                (outcome.switched ? ", live now" : ", a shadow that follows the live one")}},
          {},
          {}};
}

void print(const ReplayOutcome& outcome, std::ostream& out) {
  for (const auto& [name, value] : section_of(outcome).facts) {
    out << name << std::string(12 - name.size(), ' ') << value << "\n";
  }
  if (outcome.equal.value_or(false) && !outcome.switched) {
    out << "next        cqrsctl replay switch --to " << outcome.generation
        << " --execute, or cqrsctl replay drop " << outcome.generation << " --execute\n";
  }
  out << "verdict     " << outcome.verdict << "\n";
}

}  // namespace cqrs
