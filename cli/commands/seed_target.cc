// Seeds a system elsewhere: a foreign one by its profile, or a cqrsd by its address.
#include "cli/commands/ledgers.h"
#include "cli/commands/seed.h"
#include "cli/output/units.h"
#include "cli/target/foreign_dialect.h"
#include "cli/target/foreign_seed.h"
#include "cli/target/foreign_verify.h"

namespace cqrs {
namespace {

// What the options leave open, the profile says: how much a foreign system takes at a time is its
// own affair.
Status fit_to_profile(const SeedOptions& options, const target::Target& target, SeedPlan& plan) {
  if (plan.via == SeedVia::kBulk) {
    return invalid("--via",
                   "--via bulk is for our own systems: leave it out with --target FILE.json");
  }
  if (!options.concurrency) plan.connections = target.connections;
  if (!options.depth) plan.depth = target.depth;
  if (!options.max_in_flight) plan.max_in_flight = plan.connections * plan.depth;
  if (options.timeout == SeedOptions().timeout) plan.timeout = target.timeout;
  return {};
}

void announce(const SeedPlan& plan, const std::string& where, const Context& context) {
  const auto total = grouped(static_cast<std::int64_t>(plan.shape.total()));
  context.say(plan.resume ? "resuming the run of " + total + " entities in " + plan.ledger_path
                          : "seeding " + total + " entities into " + where);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<std::int64_t> count_unreadable(target::Session& session, const SeedPlan& plan,
                                      const Context& context) {
  auto ledger = Ledger::read(plan.ledger_path);
  if (!ledger) return ledger.error();
  target::ForeignReport report(0);
  target::ForeignVerifyPlan verify;
  verify.settle = plan.settle;
  verify.lists = false;
  CQRS_TRY(target::verify_ledger(session, *ledger, verify, context.interrupted, report));
  return report.unreadable;
}

Result<SeedOutcome> seed_profile(const SeedOptions& options, SeedOutcome outcome,
                                 Context& context) {
  SeedPlan& plan = outcome.plan;
  target::OpenTarget open;
  open.profile = context.options.target;
  open.allow_remote = context.options.allow_remote;
  open.ids = target::ids_path(plan.ledger_path);
  // A run that was made before keeps its ids: they are opened to be written on only where the
  // ledger is.
  if (!plan.resume && LedgerProgress::read(plan.ledger_path).ok()) {
    return run_before(
        plan, make_error(ErrorCode::kAlreadyExists, plan.ledger_path + " is there already"));
  }
  auto session = target::open_session(open);
  if (!session) return session.error();
  CQRS_TRY(fit_to_profile(options, (*session)->target(), plan));
  announce(plan, (*session)->target().name + " at " + (*session)->target().base_url, context);
  auto result = target::run_foreign_seed(plan, *session, context);
  if (!result) return result.error();
  outcome.result = std::move(*result);
  if (options.verify && !outcome.result.interrupted) {
    const auto started = std::chrono::steady_clock::now();
    auto lost = count_unreadable(**session, plan, context);
    if (!lost) return lost.error();
    outcome.lost = *lost;
    outcome.verify_s = seconds_since(started);
  }
  decide(outcome);
  return outcome;
}

// The stores are elsewhere: what is lost cannot be looked up in them.
Result<SeedOutcome> seed_address(SeedOutcome outcome, Context& context) {
  auto system = system_at(context.options.target, context.options.allow_remote);
  if (!system) return system.error();
  announce(outcome.plan, system->url, context);
  auto result = run_seed_plan(outcome.plan, *system, context);
  if (!result && result.error().code == ErrorCode::kAlreadyExists) {
    return run_before(outcome.plan, result.error());
  }
  if (!result) return result.error();
  outcome.result = std::move(*result);
  decide(outcome);
  return outcome;
}

}  // namespace

Result<SeedOutcome> seed_target(const SeedOptions& options, Context& context) {
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
  if (options.ledger.empty()) {
    CQRS_TRY(create_directory(dir.root));
    CQRS_TRY(create_directory(ledger_directory(dir)));
  }
  SeedOutcome outcome;
  outcome.plan = *plan;
  outcome.min_achieved = *min_achieved;
  if (!target::is_target_file(context.options.target)) {
    return seed_address(std::move(outcome), context);
  }
  return seed_profile(options, std::move(outcome), context);
}

}  // namespace cqrs
