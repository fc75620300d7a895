#include "cli/commands/seed.h"

#include "core/verify/ledger_edge.h"
#include "core/wiring/embedded.h"

#include "cli/commands/commands.h"
#include "cli/commands/ledgers.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

constexpr std::uint64_t kMostEntities = 10'000'000;

Result<SeedPlan> plan_of(const SeedOptions& options, const DataDir& dir) {
  SeedPlan plan;
  plan.shape.seed = options.seed;
  auto users = parse_count(options.users, "--users", kMostEntities);
  if (!users) return users.error();
  auto products = parse_count(options.products, "--products", kMostEntities);
  if (!products) return products.error();
  auto orders = parse_count(options.orders, "--orders", kMostEntities);
  if (!orders) return orders.error();
  plan.shape = {options.seed, *users, *products, *orders};
  if (plan.shape.total() == 0) {
    return invalid("--users", "there is nothing to seed: ask for at least 1");
  }
  if (plan.shape.orders > 0 && (plan.shape.users == 0 || plan.shape.products == 0)) {
    return invalid("--orders",
                   "--orders needs at least 1 user and 1 product of the same run to refer to");
  }
  if (options.concurrency < 1 || options.concurrency > 1'000) {
    return invalid("--concurrency", "--concurrency must be from 1 to 1000 connections");
  }
  if (options.depth < 1 || options.depth > 500) {
    return invalid("--depth", "--depth must be from 1 to 500 requests in flight per connection");
  }
  plan.connections = options.concurrency;
  plan.depth = options.depth;
  plan.ledger_path = options.ledger.empty() ? ledger_path(dir, options.seed) : options.ledger;
  return plan;
}

// Everything acknowledged must be in the write store; the proof stands outside the measured time.
Result<std::int64_t> count_lost(const SeedPlan& plan, const DataDir& dir) {
  auto ledger = Ledger::read(plan.ledger_path);
  if (!ledger) return ledger.error();
  auto sources = embedded::open_sources(dir);
  if (!sources) return sources.error();
  Findings findings;
  auto check = check_ledger(*ledger, *sources->streams, *sources->record, findings);
  if (!check) return check.error();
  return findings.total();
}

void decide(SeedOutcome& outcome, bool interrupted) {
  const SeedResult& result = outcome.result;
  if (outcome.lost > 0) {
    outcome.verdict = "fail";
    outcome.code = ExitCode::kDifferences;
  } else if (result.indeterminate > 0 || !result.all_visible) {
    outcome.verdict = "inconclusive";
    outcome.code = ExitCode::kInconclusive;
  } else if (result.rejected > 0) {
    outcome.verdict = "fail";
    outcome.code = ExitCode::kSloFailed;
  } else {
    outcome.verdict = "pass";
  }
  if (interrupted) outcome.code = ExitCode::kInterrupted;
}

}  // namespace

Result<SeedOutcome> seed(const SeedOptions& options, Context& context) {
  const DataDir dir{context.options.data_dir};
  auto plan = plan_of(options, dir);
  if (!plan) return plan.error();
  auto system = find_running(dir);
  if (!system) return system.error();
  if (options.ledger.empty()) CQRS_TRY(create_directory(ledger_directory(dir)));
  context.say("seeding " + grouped(static_cast<std::int64_t>(plan->shape.total())) +
              " entities through " + system->url);
  SeedOutcome outcome;
  outcome.plan = *plan;
  auto result = run_seed_plan(*plan, *system, context);
  if (!result && result.error().code == ErrorCode::kAlreadyExists) {
    return invalid("--seed", result.error().message + ", so seed " + std::to_string(options.seed) +
                                 " was run here before: choose another --seed, or another --ledger "
                                 "to send the same commands again");
  }
  if (!result) return result.error();
  outcome.result = std::move(*result);
  if (options.verify && !context.interrupted) {
    const auto started = std::chrono::steady_clock::now();
    auto lost = count_lost(*plan, dir);
    if (!lost) return lost.error();
    outcome.lost = *lost;
    outcome.verify_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }
  decide(outcome, context.interrupted);
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

void add_seed(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "seed",
      "Create users, products and orders through the HTTP API, and prove that all of it is there");
  auto options = std::make_shared<SeedOptions>();
  command->add_option("--users", options->users, "How many users, e.g. 300k")
      ->capture_default_str();
  command->add_option("--products", options->products, "How many products")->capture_default_str();
  command->add_option("--orders", options->orders, "How many orders, three lines each")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Same seed and counts, same bytes")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--concurrency", options->concurrency, "Connections")->capture_default_str();
  command->add_option("--depth", options->depth, "Requests in flight on each connection")
      ->capture_default_str();
  command->add_option("--ledger", options->ledger,
                      "File that records every command; default: in the data directory");
  command->add_flag("!--no-verify", options->verify, "Skip looking up every acknowledged entity");
  command->footer("Example: cqrsctl seed --users 100k --products 100k --orders 100k");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_seed(*options, context); };
  });
}

}  // namespace cqrs
