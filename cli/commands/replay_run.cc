#include "core/verify/verify.h"
#include "core/wiring/stores.h"

#include "cli/commands/replay.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{20};
// How long the service may be away before a replay gives up; it goes on when that is back.
constexpr std::chrono::seconds kAway{30};

double since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// What a comparison of one generation with the write side said.
struct Compared {
  Result<Verdict> verdict = Verdict::kInconclusive;
  std::string reason;
};

class ReplayRun {
 public:
  ReplayRun(const ReplayPlan& plan, Context& context)
      : plan_(plan),
        context_(context),
        dir_{context.options.data_dir},
        give_up_(Steady::now() + plan.patience) {}

  Result<ReplayOutcome> run() {
    auto system = find_running(dir_);
    if (!system) return system.error();
    CQRS_TRY(begin());
    CQRS_TRY(fill());
    if (plan_.prove) CQRS_TRY(prove());
    CQRS_TRY(move_readers());
    decide();
    return std::move(outcome_);
  }

 private:
  // One call, repeated while the service is away or busy: it may have been killed, and started
  // anew elsewhere. Errors: whatever it refuses; unavailable when it stays away.
  Result<Json> ask(std::string_view method, const std::string& target,
                   const std::string& body = {}) {
    const auto away_until = Steady::now() + kAway;
    bool said = false;
    for (;;) {
      auto system = find_running(dir_);
      Error problem = system ? Error{} : system.error();
      if (system) {
        auto answer = call(*system, method, "/v1/admin/generations" + target, body);
        if (answer) return answer;
        problem = answer.error();
        if (!problem.retryable()) return problem;
      }
      if (context_.interrupted) return stopped("interrupted");
      if (Steady::now() >= away_until) {
        return make_error(ErrorCode::kUnavailable, "the service does not answer (" +
                                                       problem.message + "), " + how_to_go_on());
      }
      if (!said) context_.say("the service is away, waiting for it: " + problem.message);
      said = true;
      std::this_thread::sleep_for(kPoll);
    }
  }

  std::string how_to_go_on() const {
    return outcome_.generation == 0
               ? "nothing was begun: start it with cqrsctl up"
               : "generation " + std::to_string(outcome_.generation) +
                     " keeps what it has: start it with cqrsctl up and run this again";
  }

  Error stopped(const std::string& why) const {
    return make_error(ErrorCode::kTimeout,
                      why + ", generation " + std::to_string(outcome_.generation) +
                          " goes on filling: run cqrsctl replay --execute again to go on with it");
  }

  Status begin() {
    auto before = ask("GET", "");
    if (!before) return before.error();
    outcome_.live_before = live_generation_of(*before);
    started_ = Steady::now();
    // Asked twice because the first answer got lost, it adopts what the first one made.
    auto created = ask("POST", "", Json{{"adopt", true}, {"rate", plan_.rate}}.dump());
    if (!created) return created.error();
    outcome_.generation = created->value("generation", 0);
    outcome_.adopted = created->value("adopted", false);
    outcome_.resumed_at = created->value("applied", Position{0});
    head_ = before->value("head", Position{0});
    const std::string name = "generation " + std::to_string(outcome_.generation);
    context_.say(outcome_.adopted
                     ? "going on with " + name + ", which an earlier replay left at " +
                           grouped(outcome_.resumed_at) + " of " + grouped(head_) + " events"
                     : "filling " + name + " beside generation " +
                           std::to_string(outcome_.live_before));
    return {};
  }

  Result<Json> shadow() {
    auto all = ask("GET", "");
    if (!all) return all.error();
    for (const auto& generation : all->at("generations")) {
      if (generation.value("generation", 0) == outcome_.generation) return generation;
    }
    return make_error(ErrorCode::kNotFound, "generation " + std::to_string(outcome_.generation) +
                                                " was dropped meanwhile: replay again");
  }

  // Until the shadow has every event up to the head of the beginning; from there on it follows.
  Status fill() {
    auto next_line = Steady::now() + std::chrono::seconds(5);
    for (;;) {
      auto status = shadow();
      if (!status) return status.error();
      const auto applied = status->value("applied", Position{0});
      if (applied >= head_) {
        outcome_.elapsed_s = since(started_);
        outcome_.events = applied - outcome_.resumed_at;
        return {};
      }
      if (status->value("stopped", false)) {
        return make_error(ErrorCode::kCorrupt, "the projector of generation " +
                                                   std::to_string(outcome_.generation) +
                                                   " stopped (" + status->value("problem", "") +
                                                   "): drop it with cqrsctl replay drop");
      }
      if (context_.interrupted) return stopped("interrupted at " + grouped(applied));
      if (Steady::now() >= give_up_) {
        return stopped("not filled within --wait, at " + grouped(applied) + " of " +
                       grouped(head_));
      }
      if (Steady::now() >= next_line) {
        next_line += std::chrono::seconds(5);
        context_.say("replayed " + grouped(applied) + " of " + grouped(head_) + " events");
      }
      std::this_thread::sleep_for(kPoll);
    }
  }

  // At a cut: the head of the moment, which the views must have reached.
  Compared compare(int generation) {
    auto sources = stored::open_sources(dir_, generation);
    if (!sources) return {sources.error(), {}};
    VerifyInput input;
    input.streams = sources->streams.get();
    input.views = sources->views.get();
    input.record = sources->record.get();
    input.checks = {true, false, CompareMode::kDeep};
    auto alive = Steady::now();
    input.keep_waiting = [&] {
      const auto now = Steady::now();
      if (find_running(dir_)) alive = now;
      if (now >= give_up_ || now >= alive + kAway || context_.interrupted) return false;
      std::this_thread::sleep_for(kPoll);
      return true;
    };
    auto report = verify(input);
    if (!report) return {report.error(), {}};
    if (report->verdict == Verdict::kPass) return {report->verdict, {}};
    return {report->verdict,
            "generation " + std::to_string(generation) + ": " +
                (report->reason.empty() ? std::to_string(report->findings.total()) + " differences"
                                        : report->reason)};
  }

  // Both generations equal the write side, hence each other; each on a processor of its own.
  Status prove() {
    const auto began = Steady::now();
    Compared live;
    std::thread beside([&] { live = compare(outcome_.live_before); });
    const Compared fresh = compare(outcome_.generation);
    beside.join();
    outcome_.proof_s = since(began);
    if (!fresh.verdict) return fresh.verdict.error();
    if (!live.verdict) {
      // Damaged views are what the new ones are to replace.
      if (live.verdict.error().code != ErrorCode::kCorrupt) return live.verdict.error();
      live = {Verdict::kFail, live.verdict.error().message};
    }
    outcome_.live_equal = *live.verdict == Verdict::kPass;
    outcome_.reason = fresh.reason.empty() ? live.reason : fresh.reason;
    if (*fresh.verdict == Verdict::kInconclusive) return {};
    outcome_.equal = *fresh.verdict == Verdict::kPass;
    auto kept = ask("POST", "/" + std::to_string(outcome_.generation) + "/proof",
                    Json{{"equal", *outcome_.equal}}.dump());
    return kept ? Status{} : Status{kept.error()};
  }

  // Whoever asks twice because the first answer got lost finds that it is done.
  Status move_readers() {
    if (!plan_.switch_live || !outcome_.equal.value_or(false)) return {};
    auto moved = ask("POST", "/" + std::to_string(outcome_.generation) + "/switch",
                     Json{{"expected", outcome_.live_before}}.dump());
    if (!moved) {
      auto now = ask("GET", "");
      if (!now) return now.error();
      if (live_generation_of(*now) != outcome_.generation) return moved.error();
    }
    outcome_.switched = true;
    return {};
  }

  void decide() {
    const bool unknown = plan_.prove && !outcome_.equal;
    const bool wrong = outcome_.equal && !*outcome_.equal;
    const bool live_wrong = plan_.prove && !outcome_.live_equal && !outcome_.switched;
    outcome_.verdict = unknown ? "inconclusive" : wrong || live_wrong ? "fail" : "pass";
    outcome_.code = unknown               ? ExitCode::kInconclusive
                    : wrong || live_wrong ? ExitCode::kDifferences
                                          : ExitCode::kDone;
  }

  const ReplayPlan& plan_;
  Context& context_;
  DataDir dir_;
  Steady::time_point give_up_;
  Steady::time_point started_;
  Position head_ = 0;
  ReplayOutcome outcome_;
};

}  // namespace

Result<ReplayOutcome> replay(const ReplayPlan& plan, Context& context) {
  return ReplayRun(plan, context).run();
}

}  // namespace cqrs
