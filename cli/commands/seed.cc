#include "cli/commands/seed.h"

#include "core/verify/ledger_edge.h"
#include "core/wiring/stores.h"

#include "cli/commands/commands.h"
#include "cli/commands/ledgers.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

// Everything acknowledged must be in the write store; the proof stands outside the measured time.
Result<std::int64_t> count_lost(const SeedPlan& plan, const DataDir& dir) {
  auto ledger = Ledger::read(plan.ledger_path);
  if (!ledger) return ledger.error();
  auto sources = stored::open_sources(dir);
  if (!sources) return sources.error();
  Findings findings;
  auto check = check_ledger(*ledger, *sources->streams, *sources->record, findings);
  if (!check) return check.error();
  return findings.total();
}

void announce(const SeedPlan& plan, const RunningSystem& system, const Context& context) {
  const auto total = grouped(static_cast<std::int64_t>(plan.shape.total()));
  context.say(plan.resume ? "resuming the run of " + total + " entities in " + plan.ledger_path
                          : "seeding " + total + " entities through " + system.url);
}

}  // namespace

// The first that applies, in the order of the table of exit codes.
void decide(SeedOutcome& outcome) {
  const SeedResult& result = outcome.result;
  const auto say = [&](const char* verdict, ExitCode code) {
    outcome.verdict = verdict;
    outcome.code = code;
  };
  if (outcome.lost > 0) {
    say("fail", ExitCode::kDifferences);
  } else if (result.interrupted) {
    say("inconclusive", ExitCode::kInterrupted);
  } else if (outcome.plan.rate > 0 && result.achieved_ratio < outcome.min_achieved) {
    say("invalid", ExitCode::kInvalidRun);
  } else if (result.totals.rejected > 0) {
    say("fail", ExitCode::kSloFailed);
  } else if (result.totals.open > 0 || !result.all_visible) {
    say("inconclusive", ExitCode::kInconclusive);
  } else {
    say("pass", ExitCode::kDone);
  }
  if (result.interrupted) outcome.code = ExitCode::kInterrupted;
}

SeedOutcome already_complete(const SeedPlan& plan, const LedgerProgress& progress) {
  SeedOutcome outcome;
  outcome.plan = plan;
  outcome.nothing_to_do = true;
  outcome.verdict = progress.rejected() > 0 ? "fail" : "pass";
  outcome.result.before = progress.acknowledged() + progress.rejected();
  outcome.result.all_visible = true;
  outcome.result.totals = {progress.acknowledged(), progress.rejected(), 0};
  return outcome;
}

Error run_before(const SeedPlan& plan, const Error& error) {
  auto progress = LedgerProgress::read(plan.ledger_path);
  const std::string ran =
      error.message + ", so seed " + std::to_string(plan.shape.seed) + " was run here before";
  if (progress && !progress->finished()) {
    return invalid("--seed", ran +
                                 " and did not come to its end: continue it with cqrsctl seed "
                                 "--resume --ledger " +
                                 plan.ledger_path);
  }
  return invalid("--seed", ran +
                               ": choose another --seed, or another --ledger to send the same "
                               "commands again");
}

Result<SeedOutcome> seed(const SeedOptions& options, Context& context) {
  if (!context.options.target.empty()) return seed_target(options, context);
  const DataDir dir{context.options.data_dir};
  auto plan = plan_seed(options, dir);
  if (!plan) return plan.error();
  auto min_achieved = parse_share(options.min_achieved, "--min-achieved");
  if (!min_achieved) return min_achieved.error();
  if (plan->resume) {
    auto progress = LedgerProgress::read(plan->ledger_path);
    if (!progress) return progress.error();
    if (progress->finished()) return already_complete(*plan, *progress);
  }
  auto system = find_running(dir);
  if (!system) return system.error();
  if (options.ledger.empty()) CQRS_TRY(create_directory(ledger_directory(dir)));
  announce(*plan, *system, context);
  SeedOutcome outcome;
  outcome.plan = *plan;
  outcome.min_achieved = *min_achieved;
  auto result = run_seed_plan(*plan, *system, context);
  if (!result && result.error().code == ErrorCode::kAlreadyExists) {
    return run_before(*plan, result.error());
  }
  if (!result) return result.error();
  outcome.result = std::move(*result);
  if (options.verify && !outcome.result.interrupted) {
    const auto started = std::chrono::steady_clock::now();
    auto lost = count_lost(*plan, dir);
    if (!lost) return lost.error();
    outcome.lost = *lost;
    outcome.verify_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }
  decide(outcome);
  return outcome;
}

ExitCode run_seed(const SeedOptions& options, Context& context) {
  auto outcome = seed(options, context);
  if (!outcome) return fail(context, outcome.error());
  if (context.json()) {
    context.out << json_of(*outcome).dump() << "\n";
  } else {
    print(*outcome, context.out);
  }
  return outcome->code;
}

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  cqrsctl seed --users 100k --products 100k --orders 100k\n"
    "  cqrsctl seed --via bulk --users 1m --products 1m --orders 1m\n"
    "  cqrsctl seed --rate 5k/s --seed 43       # open model: latency counts from the schedule\n"
    "  cqrsctl seed --resume                    # after Ctrl-C, kill or power cut, of either side\n"
    "\n"
    "Ends with 0 when all of it is there, 1 when something acknowledged is not, 4 when outcomes\n"
    "are unknown, 5 when the rate was not achieved, 99 when commands were rejected, 130 after\n"
    "Ctrl-C.";

void add_what(CLI::App& command, SeedOptions& options) {
  command.add_option("--users", options.users, "How many users, e.g. 300k (default 10k)");
  command.add_option("--products", options.products, "How many products (default 10k)");
  command.add_option("--orders", options.orders, "How many orders, three lines each (default 10k)");
  command.add_option("--seed", options.seed, "Same seed and counts, same bytes (default 42)");
  command.add_option("--ledger", options.ledger,
                     "File that records every command; default: in the data directory");
  command.add_flag("--resume", options.resume,
                   "Go on with a run that was broken off: the newest one, or that of --ledger");
  command.add_flag("!--no-verify", options.verify, "Skip looking up every acknowledged entity");
}

void add_how(CLI::App& command, SeedOptions& options) {
  command.add_option("--via", options.via, "http: a request per entity; bulk: many per request")
      ->capture_default_str();
  command.add_option("--batch", options.batch, "Entities per bulk request (default 500)");
  command.add_option("-C,--concurrency", options.concurrency,
                     "Connections (default 8, bulk 4); closed model");
  command.add_option("--depth", options.depth,
                     "Requests in flight on each connection (default 64, bulk 2)");
  command.add_option("--rate", options.rate,
                     "Open model: entities per second, e.g. 20k/s, whatever the answers do");
  command.add_option("--max-inflight", options.max_in_flight,
                     "With --rate: unanswered entities at most; beyond it the schedule lags "
                     "(default 8000)");
  command
      .add_option("--min-achieved", options.min_achieved,
                  "With --rate: a run that achieved less of it is invalid")
      ->capture_default_str();
  command.add_option("--timeout", options.timeout, "Per request, which is then sent again")
      ->capture_default_str();
  command.add_option("--settle", options.settle, "How long to wait until all of it is visible")
      ->capture_default_str();
}

}  // namespace

void add_seed(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "seed",
      "Create users, products and orders through the HTTP API, and prove that all of it is there");
  auto options = std::make_shared<SeedOptions>();
  add_what(*command, *options);
  add_how(*command, *options);
  command->footer(kExamples);
  command->callback([options, &action] {
    action = [options](Context& context) { return run_seed(*options, context); };
  });
}

}  // namespace cqrs
