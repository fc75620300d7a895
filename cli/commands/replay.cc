#include "cli/commands/replay.h"

#include "core/verify/verify.h"
#include "core/wiring/embedded.h"

#include "cli/output/units.h"
#include "cli/system/running.h"

#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{50};

double since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

Status check_options(const ReplayOptions& options) {
  if (options.projection != "all") {
    return invalid("--projection",
                   "--projection must be all: a generation holds every view, so that "
                   "they switch together");
  }
  if (options.from != "start") {
    return invalid("--from",
                   "--from must be start: a new generation is filled from the first event");
  }
  return {};
}

Result<Json> generation_status(const RunningSystem& system, int number) {
  auto all = call(system, "GET", "/v1/admin/generations");
  if (!all) return all.error();
  for (const auto& generation : all->at("generations")) {
    if (generation.value("generation", 0) == number) return generation;
  }
  return make_error(ErrorCode::kNotFound, "generation " + std::to_string(number) + " is gone");
}

// Until the shadow has every event up to `head`. Error: timeout, or what stopped its projector.
Status wait_until_filled(const RunningSystem& system, int number, Position head,
                         Steady::time_point give_up, Context& context) {
  auto next_line = Steady::now() + std::chrono::seconds(5);
  for (;;) {
    auto status = generation_status(system, number);
    if (!status) return status.error();
    const auto applied = status->value("applied", Position{0});
    if (applied >= head) return {};
    if (status->contains("problem")) {
      return make_error(ErrorCode::kCorrupt, "the projector of generation " +
                                                 std::to_string(number) +
                                                 " stopped: " + status->value("problem", ""));
    }
    if (context.interrupted || Steady::now() >= give_up) {
      return make_error(ErrorCode::kTimeout,
                        "generation " + std::to_string(number) + " stands at " +
                            std::to_string(applied) + " of " + std::to_string(head) +
                            ": it goes on filling, look with cqrsctl replay status");
    }
    if (Steady::now() >= next_line) {
      next_line += std::chrono::seconds(5);
      context.say("replayed " + grouped(applied) + " of " + grouped(head) + " events");
    }
    std::this_thread::sleep_for(kPoll);
  }
}

// Both generations equal the write side at a cut, hence each other.
Result<bool> prove_equal(const DataDir& dir, const std::vector<int>& generations,
                         Steady::time_point give_up, Context& context, std::string& reason) {
  for (const int generation : generations) {
    auto sources = embedded::open_sources(dir, generation);
    if (!sources) return sources.error();
    VerifyInput input;
    input.streams = sources->streams.get();
    input.views = sources->views.get();
    input.record = sources->record.get();
    input.checks = {true, false, CompareMode::kDeep};
    input.keep_waiting = [&] {
      if (Steady::now() >= give_up || context.interrupted) return false;
      std::this_thread::sleep_for(kPoll);
      return true;
    };
    auto report = verify(input);
    if (!report) return report.error();
    if (report->verdict == Verdict::kPass) continue;
    reason = "generation " + std::to_string(generation) + ": " +
             (report->reason.empty() ? std::to_string(report->findings.total()) + " differences"
                                     : report->reason);
    return false;
  }
  return true;
}

ExitCode print_plan(const ReplayOptions& options, const RunningSystem& system, Context& context) {
  auto all = call(system, "GET", "/v1/admin/generations");
  if (!all) return fail(context, all.error());
  const int live = live_generation_of(*all);
  const auto head = all->value("head", Position{0});
  if (context.json()) {
    context.out << Json{{"verdict", "planned"},
                        {"events", head},
                        {"live", live},
                        {"executed", false}}
                       .dump()
                << "\n";
    return ExitCode::kDone;
  }
  context.out << "plan (nothing was changed; add --execute to carry it out)\n"
              << "  1. make a new generation beside the live one (generation " << live << ")\n"
              << "  2. apply " << grouped(head)
              << " events to it from the start, and follow new ones\n"
              << "  3. prove it equal to the write side, content by content\n"
              << (options.switch_live
                      ? "  4. switch reads to it; the old generation stays\n"
                      : "  4. leave reads where they are (--switch would move them)\n");
  return ExitCode::kDone;
}

}  // namespace

int live_generation_of(const Json& generations) {
  for (const auto& generation : generations.at("generations")) {
    if (generation.value("live", false)) return generation.value("generation", 0);
  }
  return 0;
}

Result<ReplayOutcome> replay(const ReplayOptions& options, Context& context) {
  CQRS_TRY(check_options(options));
  auto patience = parse_duration(options.timeout, "--wait");
  if (!patience) return patience.error();
  const DataDir dir{context.options.data_dir};
  auto system = find_running(dir);
  if (!system) return system.error();
  auto before = call(*system, "GET", "/v1/admin/generations");
  if (!before) return before.error();
  ReplayOutcome outcome;
  outcome.live_before = live_generation_of(*before);
  const auto started = Steady::now();
  const auto give_up = started + *patience;
  auto created = call(*system, "POST", "/v1/admin/generations");
  if (!created) return created.error();
  outcome.generation = created->value("generation", 0);
  context.say("filling generation " + std::to_string(outcome.generation) + " beside generation " +
              std::to_string(outcome.live_before));
  outcome.events = before->value("head", Position{0});
  CQRS_TRY(wait_until_filled(*system, outcome.generation, outcome.events, give_up, context));
  outcome.elapsed_s = since(started);

  const auto proof_started = Steady::now();
  auto equal =
      prove_equal(dir, {outcome.generation, outcome.live_before}, give_up, context, outcome.reason);
  if (!equal) return equal.error();
  outcome.equal = *equal;
  outcome.proof_s = since(proof_started);
  outcome.verdict = outcome.equal ? "pass" : "fail";
  outcome.code = outcome.equal ? ExitCode::kDone : ExitCode::kDifferences;
  if (options.switch_live && outcome.equal) {
    const Json body{{"expected", outcome.live_before}};
    auto switched = call(*system, "POST",
                         "/v1/admin/generations/" + std::to_string(outcome.generation) + "/switch",
                         body.dump());
    if (!switched) return switched.error();
    outcome.switched = true;
  }
  return outcome;
}

ExitCode run_replay(const ReplayOptions& options, Context& context) {
  if (!options.execute) {
    if (auto status = check_options(options); !status) return fail(context, status.error());
    auto system = find_running({context.options.data_dir});
    if (!system) return fail(context, system.error());
    return print_plan(options, *system, context);
  }
  auto outcome = replay(options, context);
  if (!outcome) {
    const bool late = outcome.error().code == ErrorCode::kTimeout;
    return late ? fail(context, outcome.error(), ExitCode::kInconclusive)
                : fail(context, outcome.error());
  }
  if (context.json()) {
    context.out << json_of(*outcome).dump() << "\n";
  } else {
    print(*outcome, context.out);
  }
  return outcome->code;
}

Json json_of(const ReplayOutcome& outcome) {
  return {{"verdict", outcome.verdict},
          {"events", outcome.events},
          {"events_per_s",
           outcome.elapsed_s > 0 ? static_cast<double>(outcome.events) / outcome.elapsed_s : 0},
          {"elapsed_s", outcome.elapsed_s},
          {"proof_s", outcome.proof_s},
          {"equal", outcome.equal},
          {"switched", outcome.switched},
          {"generation", outcome.generation},
          {"live_before", outcome.live_before},
          {"reason", outcome.reason}};
}

ReportSection section_of(const ReplayOutcome& outcome) {
  const double rate =
      outcome.elapsed_s > 0 ? static_cast<double>(outcome.events) / outcome.elapsed_s : 0;
  return {"Replay",
          {{"events", grouped(outcome.events) + " in " + seconds_text(outcome.elapsed_s) + ", " +
                          rate_text(rate)},
           {"proof", (outcome.equal ? "equal to the write side, content by content, in "
                                    : "NOT equal: " + outcome.reason + ", in ") +
                         seconds_text(outcome.proof_s)},
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
  if (outcome.equal && !outcome.switched) {
    out << "next        cqrsctl replay switch --to " << outcome.generation
        << " --execute, or cqrsctl replay drop " << outcome.generation << " --execute\n";
  }
  out << "verdict     " << outcome.verdict << "\n";
}

}  // namespace cqrs
