// The highest rate that a system holds: rates grow until a threshold breaks or the schedule is
// missed, then the edge is narrowed down. Thresholds on staleness count as much as those on
// latency.
#include "cli/commands/commands.h"
#include "cli/commands/load_session.h"
#include "cli/commands/verify.h"
#include "cli/load/load_words.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace cqrs {
namespace {

constexpr double kMostRate = 1'000'000;
constexpr double kGrowth = 2;
// The edge is known when the two rates beside it differ by less.
constexpr double kCloseEnough = 1.08;

struct KneeOptions {
  load::LoadWords words;
  std::string start = "100";
  std::string max = "20k";
  std::string step = "10s";
  std::string settle_in = "2s";
  std::string min_achieved = "99%";
  unsigned threads = 1;
};

struct Step {
  double rate = 0;
  bool holds = false;
  RunRecord record;
  std::string why;  // it does not
};

struct Knee {
  std::vector<Step> steps;
  double rate = 0;        // the highest that held; 0: none did
  bool open_end = false;  // even the highest that was asked for held
  std::optional<VerifyOutcome> proof;
  bool interrupted = false;
};

// The mix and everything else of `base`, at one rate: first to warm up, then measured.
Scenario at_rate(const Scenario& base, double rate, std::chrono::milliseconds settle_in,
                 std::chrono::milliseconds step) {
  Scenario scenario = base;
  Phase phase = base.phases.back();
  phase.arrival.closed = false;
  phase.arrival.from = phase.arrival.to = rate;
  phase.name = "measured";
  phase.duration = step;
  phase.warmup = false;
  scenario.phases.clear();
  if (settle_in.count() > 0) {
    Phase warmup = phase;
    warmup.name = "warm-up";
    warmup.duration = settle_in;
    warmup.warmup = true;
    scenario.phases.push_back(warmup);
  }
  scenario.phases.push_back(phase);
  scenario.faults.clear();
  scenario.seed.reset();  // every rate has data of its own
  scenario.expect.verdict = "pass";
  return scenario;
}

class Search {
 public:
  Search(const KneeOptions& options, Scenario base, Context& context)
      : options_(options), base_(std::move(base)), context_(context) {}

  Result<Knee> run() {
    CQRS_TRY(read_options());
    double good = 0;
    double bad = 0;
    for (double rate = start_; bad == 0;) {
      auto holds = try_rate(rate);
      if (!holds) return holds.error();
      if (knee_.interrupted) return std::move(knee_);
      if (!*holds) {
        bad = rate;
      } else {
        good = rate;
        if (rate >= max_) break;
        rate = std::min(rate * kGrowth, max_);
      }
    }
    while (good > 0 && bad / good > kCloseEnough) {
      const double middle = (good + bad) / 2;
      auto holds = try_rate(middle);
      if (!holds) return holds.error();
      if (knee_.interrupted) break;
      (*holds ? good : bad) = middle;
    }
    knee_.rate = good;
    knee_.open_end = bad == 0;
    if (!knee_.interrupted) CQRS_TRY(prove());
    return std::move(knee_);
  }

 private:
  Status read_options() {
    auto start = parse_rate(options_.start, "--start", kMostRate);
    auto max = parse_rate(options_.max, "--max", kMostRate);
    auto step = parse_duration(options_.step, "--step");
    auto settle_in = parse_duration(options_.settle_in, "--warmup");
    auto share = parse_share(options_.min_achieved, "--min-achieved");
    if (!start) return start.error();
    if (!max) return max.error();
    if (!step) return step.error();
    if (!settle_in) return settle_in.error();
    if (!share) return share.error();
    if (*max < *start) {
      return invalid("--max", "--max must be at least --start: " + options_.max + " is below " +
                                  options_.start);
    }
    if (step->count() < 1'000) return invalid("--step", "--step must be at least 1s: 10s is usual");
    start_ = *start;
    max_ = *max;
    step_ = *step;
    settle_in_ = *settle_in;
    min_achieved_ = *share;
    return {};
  }

  Result<bool> try_rate(double rate) {
    LoadSettings settings;
    settings.scenario = at_rate(base_, rate, settle_in_, step_);
    settings.verify = false;  // all of it at the end
    settings.threads = options_.threads;
    settings.min_achieved = min_achieved_;
    auto record = run_load_session(settings, context_);
    if (!record) return record.error();
    Step step;
    step.rate = rate;
    step.holds = record->exit_code == 0;
    if (!step.holds) step.why = record->headline;
    knee_.interrupted = record->exit_code == static_cast<int>(ExitCode::kInterrupted);
    context_.say(rate_text(rate) + (step.holds ? "  holds" : "  does not hold: " + step.why));
    step.record = std::move(*record);
    const bool holds = step.holds;
    knee_.steps.push_back(std::move(step));
    return holds;
  }

  // What is elsewhere has no stores here.
  Status prove() {
    if (!context_.options.target.empty()) return {};
    auto verified = verify_system(VerifyOptions(), context_);
    if (!verified) return verified.error();
    knee_.proof = std::move(*verified);
    return {};
  }

  const KneeOptions& options_;
  const Scenario base_;
  Context& context_;
  double start_ = 0;
  double max_ = 0;
  std::chrono::milliseconds step_{0};
  std::chrono::milliseconds settle_in_{0};
  double min_achieved_ = 0;
  Knee knee_;
};

double p99_ms(const Histogram& histogram) {
  return static_cast<double>(histogram.percentile(99)) / 1e3;
}

ExitCode code_of(const Knee& knee) {
  if (knee.interrupted) return ExitCode::kInterrupted;
  if (knee.proof && knee.proof->code() != ExitCode::kDone) return knee.proof->code();
  return knee.rate > 0 ? ExitCode::kDone : ExitCode::kSloFailed;
}

const char* verdict_of(const Knee& knee) {
  const ExitCode code = code_of(knee);
  if (code == ExitCode::kDone) return "pass";
  const bool open = code == ExitCode::kInconclusive || code == ExitCode::kInterrupted;
  return open ? "inconclusive" : "fail";
}

Json json_of(const Knee& knee) {
  Json steps = Json::array();
  for (const Step& step : knee.steps) {
    steps.push_back({{"rate", step.rate},
                     {"holds", step.holds},
                     {"why", step.why},
                     {"achieved_per_s", step.record.achieved_per_s},
                     {"latency_p99_ms", p99_ms(step.record.latency)},
                     {"query_latency_p99_ms", p99_ms(step.record.query_latency)},
                     {"staleness_p99_ms", p99_ms(step.record.staleness)},
                     {"seed", step.record.seed}});
  }
  return {{"verdict", verdict_of(knee)},
          {"knee_per_s", knee.rate},
          {"limited_by_max", knee.open_end},
          {"differences", knee.proof ? knee.proof->report.findings.total() : -1},
          {"steps", std::move(steps)}};
}

void print(const Knee& knee, std::ostream& out) {
  out << "      rate   achieved   latency p99   staleness p99\n";
  for (const Step& step : knee.steps) {
    std::array<char, 160> row{};
    std::snprintf(row.data(), row.size(), "%10s %10s %13s %15s   %s", rate_text(step.rate).c_str(),
                  rate_text(step.record.achieved_per_s).c_str(),
                  micros_text(std::max(step.record.latency.percentile(99),
                                       step.record.query_latency.percentile(99)))
                      .c_str(),
                  step.record.staleness.count() > 0
                      ? micros_text(step.record.staleness.percentile(99)).c_str()
                      : "-",
                  step.holds ? "holds" : step.why.c_str());
    out << row.data() << "\n";
  }
  if (knee.proof) {
    out << "proof       " << knee.proof->report.findings.total() << " differences, verdict "
        << verdict_name(knee.proof->report.verdict) << "\n";
  }
  if (knee.rate == 0) {
    out << "knee        none: not even the first rate holds\n";
  } else {
    out << "knee        " << rate_text(knee.rate)
        << (knee.open_end ? ", the highest that was asked for: raise --max to find more\n" : "\n");
  }
  out << "verdict     " << verdict_of(knee) << "\n";
}

ExitCode run_knee(const KneeOptions& options, Context& context) {
  auto scenario = load::scenario_of(options.words);
  if (!scenario) return fail(context, scenario.error(), ExitCode::kUsage);
  auto knee = Search(options, std::move(*scenario), context).run();
  if (!knee && context.interrupted) return fail(context, knee.error(), ExitCode::kInterrupted);
  if (!knee) return fail(context, knee.error());
  if (context.json()) {
    context.out << json_of(*knee).dump() << "\n";
  } else {
    print(*knee, context.out);
  }
  return code_of(*knee);
}

constexpr const char* kExamples =
    "Examples:\n"
    "  cqrsctl knee --start 100 --max 20k --slo 'staleness:p99<1s'\n"
    "  cqrsctl knee --mix create_order=70,get_order=30 --slo 'command.latency:p99<100ms'\n"
    "\n"
    "Every rate is run for --step after --warmup, with data of its own; everything that was\n"
    "acknowledged is verified at the end. Ends with 0 when a rate held, 99 when not even --start\n"
    "did, 1 when something acknowledged is not there, 130 after Ctrl-C.";

}  // namespace

void add_knee(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("knee", "Find the highest rate that holds, on latency and on staleness");
  auto options = std::make_shared<KneeOptions>();
  command->add_option("--start", options->start, "The first rate")->capture_default_str();
  command->add_option("--max", options->max, "The highest rate to try")->capture_default_str();
  command->add_option("--step", options->step, "How long each rate is measured")
      ->capture_default_str();
  command->add_option("--warmup", options->settle_in, "How long each rate runs before that")
      ->capture_default_str();
  command->add_option("--scenario", options->words.scenario,
                      "File whose mix, data, skew and thresholds are used");
  command->add_option("--mix", options->words.mix, "Operations and their weights");
  command->add_option("--slo", options->words.slos, "What must hold, e.g. 'staleness:p99<1s'");
  command->add_option("--users", options->words.users, "Users that are there before");
  command->add_option("--products", options->words.products, "Products that are there before");
  command->add_option("--orders", options->words.orders, "Orders that are there before");
  command
      ->add_option("--min-achieved", options->min_achieved, "Share of the rate that must be sent")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads of the generator")
      ->check(CLI::Range(1, 64).description(""))
      ->capture_default_str();
  command->footer(kExamples);
  command->callback([options, &action] {
    action = [options](Context& context) { return run_knee(*options, context); };
  });
}

}  // namespace cqrs
