#include "cli/commands/verify.h"

#include "core/wiring/embedded.h"

#include "cli/commands/ledgers.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// A directory that goes away with its owner.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const DataDir& beside)
      : dir_{beside.root + "/scratch-" + std::to_string(::getpid())} {}
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_.root, ignored);
  }
  [[nodiscard]] const DataDir& dir() const { return dir_; }

 private:
  DataDir dir_;
};

struct Plan {
  VerifyChecks checks;
  bool ledger = true;
  std::chrono::milliseconds settle{0};
  std::optional<InjectionPlan> injection;
  std::string mode;
};

// An edge is checked when both of its ends are named.
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

Result<Plan> plan_of(const VerifyOptions& options) {
  Plan plan;
  auto settle = parse_duration(options.settle, "--settle");
  if (!settle) return settle.error();
  plan.settle = *settle;
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

// Ledgers of one shape are one run, continued: their outcomes count together.
Result<std::vector<Ledger>> read_ledgers(const std::vector<std::string>& paths) {
  std::vector<Ledger> ledgers;
  for (const auto& path : paths) {
    auto ledger = Ledger::read(path);
    if (!ledger) return ledger.error();
    const auto same = std::find_if(ledgers.begin(), ledgers.end(), [&](const Ledger& other) {
      return other.shape() == ledger->shape();
    });
    if (same == ledgers.end()) {
      ledgers.push_back(std::move(*ledger));
    } else {
      same->merge(*ledger);
    }
  }
  return ledgers;
}

Result<VerifyReport> compare(const DataDir& dir, const Plan& plan, std::size_t limit,
                             const std::vector<Ledger>& ledgers, Context& context) {
  auto sources = embedded::open_sources(dir);
  if (!sources) return sources.error();
  VerifyInput input;
  input.streams = sources->streams.get();
  input.views = sources->views.get();
  input.record = sources->record.get();
  for (const auto& ledger : ledgers) input.ledgers.push_back(&ledger);
  input.checks = plan.checks;
  input.limit = limit;
  const auto give_up = Steady::now() + plan.settle;
  input.keep_waiting = [&] {
    if (Steady::now() >= give_up || context.interrupted) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return true;
  };
  return verify(input);
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
  auto plan = plan_of(options);
  if (!plan) return plan.error();
  const DataDir dir{context.options.data_dir};
  VerifyOutcome outcome;
  outcome.mode = plan->mode;
  std::vector<Ledger> ledgers;
  if (plan->ledger) {
    outcome.ledgers = options.ledgers.empty() ? find_ledgers(dir) : options.ledgers;
    auto read = read_ledgers(outcome.ledgers);
    if (!read) return read.error();
    ledgers = std::move(*read);
    if (plan->mode == "ledger" && ledgers.empty()) {
      return make_error(ErrorCode::kNotFound, "no ledger in " + ledger_directory(dir) +
                                                  ": run cqrsctl seed, or name one with --ledger");
    }
  }
  const ScratchDirectory scratch(dir);
  const bool inject_first = plan->injection.has_value();
  std::size_t limit = options.limit;
  if (inject_first) {
    context.say("copying the stores and planting " + std::to_string(plan->injection->total()) +
                " differences");
    CQRS_TRY(create_directory(scratch.dir().root));
    auto planted = inject(dir, scratch.dir(), *plan->injection);
    if (!planted) return planted.error();
    outcome.planted = std::move(*planted);
    limit = std::max(limit, 2 * outcome.planted.size() + 100);
  }
  const auto started = Steady::now();
  auto report = compare(inject_first ? scratch.dir() : dir, *plan, limit, ledgers, context);
  if (!report) return report.error();
  outcome.report = std::move(*report);
  outcome.elapsed_s = std::chrono::duration<double>(Steady::now() - started).count();
  outcome.exact = found_exactly(outcome.planted, outcome.report.findings);
  if (outcome.report.findings.first.size() > options.limit) {
    outcome.report.findings.first.resize(options.limit);
  }
  return outcome;
}

ExitCode run_verify(const VerifyOptions& options, Context& context) {
  auto outcome = verify_system(options, context);
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
  command->add_option("--settle", options->settle, "How long the views may take to catch up")
      ->capture_default_str();
  command->add_option("--limit", options->limit, "How many differences to name in full")
      ->capture_default_str();
  command->add_option("--inject", options->inject,
                      "Plant differences in scratch copies and look for them: "
                      "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2");
  command->add_option("--ledger", options->ledgers,
                      "Ledger file, repeatable; default: all of the data directory");
  command->footer(
      "Example: cqrsctl verify --mode deep\n"
      "Exit code: 0 no difference, 1 differences, 4 the views did not settle.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_verify(*options, context); };
  });
}

}  // namespace cqrs
