#include "cli/commands/verify.h"

#include "core/wiring/stores.h"

#include "cli/commands/ledgers.h"
#include "cli/commands/repair_file.h"
#include "cli/commands/verify_run.h"
#include "cli/commands/verify_target.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <sstream>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// A plan is kept in memory while it is made; who has more to mend rebuilds the views by replay.
constexpr std::size_t kMostRepairs = 50'000;

struct Plan {
  VerifyChecks checks;
  bool ledger = true;
  std::chrono::milliseconds settle{0};
  std::chrono::milliseconds min_age{0};
  std::optional<Position> as_of;
  std::optional<InjectionPlan> injection;
  std::string mode;
};

// An edge is checked when both of its ends are named; the topics are the log's, their events the
// write store's.
Status keep_stores(const std::string& text, Plan& plan) {
  bool write = false;
  bool log = false;
  bool read = false;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    write = write || word == "write";
    log = log || word == "log";
    read = read || word == "read";
    if (word != "write" && word != "log" && word != "read") {
      return invalid("--stores", "--stores: \"" + word + "\" is not one of write, log, read");
    }
  }
  plan.checks.order = plan.checks.order && write && log;
  plan.checks.views = plan.checks.views && write && read;
  plan.ledger = plan.ledger && write;
  if (plan.checks.order || plan.checks.views || plan.ledger) return {};
  return invalid("--stores",
                 "--stores leaves nothing to compare: name write and at least one other");
}

struct Mode {
  const char* name;
  VerifyChecks checks;  // views, order, how
  bool ledger;
};

constexpr std::array<Mode, 6> kModes{{
    {"", {true, true, CompareMode::kDigests}, true},
    {"counts", {true, false, CompareMode::kCounts}, false},
    {"buckets", {true, false, CompareMode::kDigests}, false},
    {"deep", {true, true, CompareMode::kDeep}, true},
    {"ledger", {false, false, CompareMode::kDigests}, true},
    {"order", {false, true, CompareMode::kDigests}, false},
}};

Status choose_mode(const std::string& name, Plan& plan) {
  for (const auto& mode : kModes) {
    if (name != mode.name) continue;
    plan.mode = name.empty() ? "default" : name;
    plan.checks = mode.checks;
    plan.ledger = mode.ledger;
    return {};
  }
  return invalid("--mode",
                 "--mode must be counts, buckets, deep, ledger or order, not \"" + name + "\"");
}

Status choose_cut(const std::string& text, Plan& plan) {
  if (text == "head") return {};
  auto position = parse_count(text, "--as-of", std::numeric_limits<std::int64_t>::max() / 2);
  if (!position || *position == 0) {
    return invalid("--as-of", "--as-of: \"" + text.substr(0, 64) +
                                  "\" is not a position: give head, or a whole number from 1 up to "
                                  "the head that cqrsctl status shows");
  }
  plan.as_of = static_cast<Position>(*position);
  return {};
}

Status choose_times(const VerifyOptions& options, Plan& plan) {
  auto settle = parse_duration(options.settle, "--settle");
  if (!settle) return settle.error();
  plan.settle = *settle;
  auto min_age = parse_duration(options.min_age, "--min-age");
  if (!min_age) return min_age.error();
  plan.min_age = *min_age;
  return choose_cut(options.as_of, plan);
}

Result<Plan> plan_of(const VerifyOptions& options) {
  Plan plan;
  CQRS_TRY(choose_times(options, plan));
  std::string mode = options.mode;
  if (!options.inject.empty()) {
    auto injection = parse_injection(options.inject);
    if (!injection) return injection.error();
    plan.injection = *injection;
    if (!mode.empty() && mode != "deep") {
      return invalid("--mode",
                     "--mode must be deep, or left out, with --inject: half of what is planted "
                     "has a matching digest, and only content tells");
    }
    mode = "deep";
  }
  CQRS_TRY(choose_mode(mode, plan));
  CQRS_TRY(keep_stores(options.stores, plan));
  return plan;
}

// Findings must be the planted ones, entity by entity, and nothing else.
bool found_exactly(const std::vector<Planted>& planted, const Findings& findings) {
  std::multiset<std::pair<int, Uuid>> wanted;
  std::multiset<std::pair<int, Uuid>> found;
  for (const auto& item : planted) wanted.insert({static_cast<int>(item.kind), item.entity.id});
  for (const auto& item : findings.first) {
    found.insert({static_cast<int>(item.kind), item.entity.id});
  }
  return findings.total() == static_cast<std::int64_t>(planted.size()) && wanted == found;
}

VerifyRun run_of(const Plan& plan, std::size_t limit, const LedgerSet& ledgers) {
  VerifyRun run;
  for (const auto& ledger : ledgers.seeds) run.ledgers.push_back(&ledger);
  for (const auto& ledger : ledgers.loads) run.loads.push_back(&ledger);
  run.checks = plan.checks;
  // What is planted are rows alone: their index would tell of each once more.
  run.checks.extras = !plan.injection;
  run.limit = limit;
  run.as_of = plan.as_of;
  run.min_age = plan.min_age;
  run.settle = plan.settle;
  return run;
}

Result<LedgerSet> ledgers_for(const Plan& plan, const VerifyOptions& options, const DataDir& dir,
                              VerifyOutcome& outcome) {
  if (!plan.ledger) return LedgerSet();
  outcome.ledgers = options.ledgers.empty() ? find_all_ledgers(dir) : options.ledgers;
  auto ledgers = read_ledgers(outcome.ledgers);
  if (ledgers && plan.mode == "ledger" && ledgers->empty()) {
    return make_error(ErrorCode::kNotFound,
                      "no ledger in " + ledger_directory(dir) +
                          ": run cqrsctl seed or load, or name one with --ledger");
  }
  return ledgers;
}

// A plan of what the cut left out, or what a copy was spoilt with, would mend nothing.
Status check_repair_options(const VerifyOptions& options) {
  if (options.emit_repair.empty()) return {};
  if (!options.inject.empty()) {
    return invalid(
        "--emit-repair",
        "--emit-repair plans for the real stores and --inject spoils copies: leave one out");
  }
  return may_be_made(options.emit_repair, "--emit-repair");
}

// What the copies lack is told, not compared.
void add_left_out(const InjectedCopy& copy, VerifyReport& report) {
  for (const auto& name : copy.left_out()) {
    EdgeReport edge;
    edge.name = name;
    edge.note = "not part of the scratch copies";
    report.edges.push_back(std::move(edge));
  }
}

Result<VerifyReport> timed_verification(const OpenSources& open, const VerifyRun& run,
                                        Context& context, VerifyOutcome& outcome) {
  const auto started = Steady::now();
  auto report = run_verification(open, run, context);
  outcome.elapsed_s = std::chrono::duration<double>(Steady::now() - started).count();
  return report;
}

// Over copies that are spoilt and go away again.
Result<VerifyReport> verify_injected(const DataDir& dir, const Plan& plan, const VerifyRun& run,
                                     Context& context, VerifyOutcome& outcome) {
  context.say("copying the stores and planting " + std::to_string(plan.injection->total()) +
              " differences");
  auto copy = inject(dir, *plan.injection, [&] { return !context.interrupted; });
  if (!copy) return copy.error();
  outcome.planted = (*copy)->planted();
  auto report =
      timed_verification([&](int) { return (*copy)->open_sources(); }, run, context, outcome);
  if (report) add_left_out(**copy, *report);
  if (auto removed = (*copy)->remove(); !removed) {
    context.say("cqrsctl: scratch copies are left (" + removed.error().message +
                "): the next --inject removes them");
  }
  return report;
}

}  // namespace

ExitCode VerifyOutcome::code() const {
  switch (report.verdict) {
    case Verdict::kPass:
      return ExitCode::kDone;
    case Verdict::kFail:
      return ExitCode::kDifferences;
    case Verdict::kInconclusive:
      return ExitCode::kInconclusive;
  }
  return ExitCode::kInconclusive;
}

Result<VerifyOutcome> verify_system(const VerifyOptions& options, Context& context) {
  if (options.probe) {
    return invalid("--probe",
                   "--probe makes experiments on a foreign system: add --target FILE.json");
  }
  auto plan = plan_of(options);
  if (!plan) return plan.error();
  CQRS_TRY(check_repair_options(options));
  const DataDir dir{context.options.data_dir};
  VerifyOutcome outcome;
  outcome.mode = plan->mode;
  outcome.min_age_s = std::chrono::duration<double>(plan->min_age).count();
  auto ledgers = ledgers_for(*plan, options, dir, outcome);
  if (!ledgers) return ledgers.error();
  std::size_t limit = options.limit;
  if (plan->injection) limit = std::max(limit, 2 * plan->injection->total() + 100);
  const bool plan_repair = !options.emit_repair.empty();
  if (plan_repair) limit = std::max(limit, kMostRepairs);
  const VerifyRun run = run_of(*plan, limit, *ledgers);
  const auto of_system = [&](int generation) { return stored::open_sources(dir, generation); };
  auto report = plan->injection ? verify_injected(dir, *plan, run, context, outcome)
                                : timed_verification(of_system, run, context, outcome);
  if (!report) return report.error();
  outcome.report = std::move(*report);
  outcome.exact = found_exactly(outcome.planted, outcome.report.findings);
  if (plan_repair) {
    auto summary = write_repair_plan(dir, outcome.report, options.emit_repair);
    if (!summary) return summary.error();
    outcome.repair = std::move(*summary);
  }
  if (outcome.report.findings.first.size() > options.limit) {
    outcome.report.findings.first.resize(options.limit);
  }
  return outcome;
}

ExitCode run_verify(const VerifyOptions& options, Context& context) {
  if (!context.options.target.empty()) return run_verify_target(options, context);
  auto outcome = verify_system(options, context);
  if (!outcome && context.interrupted) {
    return fail(context, outcome.error(), ExitCode::kInterrupted);
  }
  if (!outcome) return fail(context, outcome.error());
  if (context.json()) {
    context.out << json_of(*outcome).dump() << "\n";
  } else {
    print(*outcome, context.out);
  }
  return outcome->code();
}

void add_verify(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "verify", "Compare every edge of the system: events, write store, views, ledgers");
  auto options = std::make_shared<VerifyOptions>();
  command->add_option(
      "--mode", options->mode,
      "counts, buckets, deep, ledger or order; default: counts, buckets, order, and the "
      "ledgers when there are any");
  command->add_option("--stores", options->stores, "Which stores: write, log, read")
      ->capture_default_str();
  command
      ->add_option("--as-of", options->as_of,
                   "Judge only what happened up to this position: head, or a number")
      ->capture_default_str();
  command
      ->add_option("--min-age", options->min_age,
                   "Count differences of entities that changed less long ago, without judging")
      ->capture_default_str();
  command
      ->add_option("--settle", options->settle,
                   "How long the views, and topics, may take to catch up")
      ->capture_default_str();
  command->add_option("--limit", options->limit, "How many differences to name in full")
      ->check(CLI::Range(0, 10'000'000).description(""))
      ->capture_default_str();
  command->add_option("--inject", options->inject,
                      "Plant differences in scratch copies and look for them: "
                      "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2");
  command->add_option(
      "--emit-repair", options->emit_repair,
      "Write a plan that mends the differences to this new file; see cqrsctl repair");
  command->add_option("--ledger", options->ledgers,
                      "Ledger file, repeatable; default: all of the data directory");
  command->add_flag("--probe", options->probe,
                    "With --target FILE.json: also make experiments on it, which write there");
  command->footer(
      "Example: cqrsctl verify --mode deep\n"
      "Exit code: 0 no difference, 1 differences, 4 inconclusive: the views did not settle, "
      "outcomes\n"
      "of the ledger are unknown, or differences are too young to judge.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_verify(*options, context); };
  });
}

}  // namespace cqrs
