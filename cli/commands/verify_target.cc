#include "cli/commands/verify_target.h"

#include "cli/commands/ledgers.h"
#include "cli/output/units.h"
#include "cli/target/foreign_dialect.h"
#include "cli/target/foreign_verify.h"
#include "cli/target/probe.h"

#include <fstream>
#include <unistd.h>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// Ids that experiments made: no phantoms in the lists of later runs.
std::string probe_file(const DataDir& dir) { return dir.root + "/probe-ids.txt"; }

std::set<std::string> probe_ids(const DataDir& dir) {
  std::set<std::string> ids;
  std::ifstream file(probe_file(dir));
  for (std::string line; std::getline(file, line);) ids.insert(line);
  return ids;
}

Status keep_probe_ids(const DataDir& dir, const target::IdTable& ids) {
  CQRS_TRY(create_directory(dir.root));
  std::ofstream file(probe_file(dir), std::ios::app);
  for (const Kind kind : kAllKinds) {
    ids.each(kind, [&](std::uint64_t /*index*/, std::string_view id) { file << id << "\n"; });
  }
  file.flush();
  if (file) return {};
  return make_error(ErrorCode::kUnavailable, "cannot write " + probe_file(dir));
}

Status check_options(const VerifyOptions& options, const Context& context) {
  if (!target::is_target_file(context.options.target)) {
    return invalid("--target",
                   "verify cannot reach the stores behind an address: use --data-dir on that "
                   "machine, or the profile scenarios/targets/cqrs-v1.json to compare by reading");
  }
  const VerifyOptions standard;
  if (!options.mode.empty() && options.mode != "ledger" && options.mode != "deep") {
    return invalid("--mode", "--mode " + options.mode +
                                 " compares our own stores: leave it out with --target, where "
                                 "every field of every acknowledged entity is compared");
  }
  if (options.stores != standard.stores || options.as_of != standard.as_of ||
      options.min_age != standard.min_age || !options.inject.empty() ||
      !options.emit_repair.empty()) {
    return invalid("--target",
                   "--stores, --as-of, --min-age, --inject and --emit-repair are for our own "
                   "stores: leave them out with --target");
  }
  return {};
}

target::OpenTarget opening(const Context& context, const std::string& ids) {
  target::OpenTarget open;
  open.profile = context.options.target;
  open.allow_remote = context.options.allow_remote;
  open.ids = ids;
  open.writable = false;
  return open;
}

// Ids of every run: what one made is no phantom for another.
Result<std::set<std::string>> known_ids(const DataDir& dir, const std::vector<std::string>& paths) {
  std::set<std::string> known = probe_ids(dir);
  for (const auto& path : paths) {
    auto table = target::IdTable::open(target::ids_path(path), false);
    if (!table) return table.error();
    for (const Kind kind : kAllKinds) {
      (*table)->each(kind, [&](std::uint64_t, std::string_view id) { known.emplace(id); });
    }
  }
  return known;
}

Status verify_ledgers(const DataDir& dir, std::chrono::milliseconds settle, Context& context,
                      TargetOutcome& outcome) {
  target::ForeignVerifyPlan plan;
  plan.settle = settle;
  auto known = known_ids(dir, outcome.ledgers);
  if (!known) return known.error();
  plan.known = std::move(*known);
  auto paths = find_all_ledgers(dir);
  std::erase_if(paths, [](const std::string& path) { return !is_op_ledger(path); });
  auto loads = read_ledgers(paths);
  if (!loads) return loads.error();
  for (const auto& path : outcome.ledgers) {
    auto ledger = Ledger::read(path);
    if (!ledger) return ledger.error();
    auto session = target::open_session(opening(context, target::ids_path(path)));
    if (!session) return session.error();
    plan.loads = {};
    for (const OpLedger& load : loads->loads) {
      if (load.head().data == ledger->shape())
        plan.loads = target::traces_of(load, ledger->shape());
    }
    CQRS_TRY(target::verify_ledger(**session, *ledger, plan, context.interrupted, outcome.report));
  }
  return {};
}

Status probe(const DataDir& dir, std::chrono::milliseconds settle, Context& context,
             TargetOutcome& outcome) {
  auto session = target::open_session(opening(context, ""));
  if (!session) return session.error();
  context.say("making experiments on " + (*session)->target().name + " at " +
              (*session)->target().base_url);
  // New entities every time: time and process tell runs apart.
  const auto seed = static_cast<std::uint64_t>(SystemClock().now().micros) ^
                    (static_cast<std::uint64_t>(::getpid()) << 44U);
  target::Lab lab(**session, seed, settle, context.interrupted, outcome.report);
  outcome.probed = true;
  const Status done = target::run_probes(lab);
  CQRS_TRY(keep_probe_ids(dir, (*session)->ids()));
  return done;
}

}  // namespace

std::string TargetOutcome::verdict() const {
  if (report.total() > 0 || !report.diagnoses.empty()) return "fail";
  const bool open = report.indeterminate > 0 || !report.reason.empty() || report.interrupted;
  return open ? "inconclusive" : "pass";
}

ExitCode TargetOutcome::code() const {
  if (report.interrupted) return ExitCode::kInterrupted;
  const std::string said = verdict();
  return said == "pass"   ? ExitCode::kDone
         : said == "fail" ? ExitCode::kDifferences
                          : ExitCode::kInconclusive;
}

Result<TargetOutcome> verify_target(const VerifyOptions& options, Context& context) {
  CQRS_TRY(check_options(options, context));
  auto settle = parse_duration(options.settle, "--settle");
  if (!settle) return settle.error();
  auto target = target::read_target(context.options.target);
  if (!target) return target.error();
  CQRS_TRY(target::check_remote(*target, context.options.allow_remote));
  const DataDir dir{context.options.data_dir};
  TargetOutcome outcome(options.limit);
  outcome.name = target->name;
  outcome.url = target->base_url;
  outcome.ledgers = options.ledgers.empty() ? find_ledgers(dir) : options.ledgers;
  if (outcome.ledgers.empty() && !options.probe) {
    return make_error(ErrorCode::kNotFound,
                      "no ledger in " + ledger_directory(dir) + ": run cqrsctl seed --target " +
                          context.options.target + ", name one with --ledger, or add --probe");
  }
  const auto started = Steady::now();
  CQRS_TRY(verify_ledgers(dir, *settle, context, outcome));
  if (options.probe && !context.interrupted) CQRS_TRY(probe(dir, *settle, context, outcome));
  outcome.elapsed_s = std::chrono::duration<double>(Steady::now() - started).count();
  return outcome;
}

ExitCode run_verify_target(const VerifyOptions& options, Context& context) {
  auto outcome = verify_target(options, context);
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

}  // namespace cqrs
