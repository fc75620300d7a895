#include "cli/commands/load_session.h"

#include "core/base/hash.h"
#include "core/base/uuid.h"
#include "core/verify/ledger_progress.h"

#include "cli/commands/commands.h"
#include "cli/commands/ledgers.h"
#include "cli/commands/load_subject.h"
#include "cli/commands/verify.h"
#include "cli/commands/verify_target.h"
#include "cli/faults/fault_runner.h"
#include "cli/faults/system_faults.h"
#include "cli/load/run_verdict.h"
#include "cli/load/seed_run.h"
#include "cli/output/units.h"
#include "cli/target/foreign_faults.h"

#include <algorithm>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// Small enough to be typed and to be exact in any JSON reader.
std::uint64_t new_seed() {
  const auto now = static_cast<std::uint64_t>(SystemClock().now().micros);
  return mix64(now ^ (static_cast<std::uint64_t>(::getpid()) << 40U)) % 1'000'000'000;
}

class Session {
 public:
  Session(const LoadSettings& settings, Context& context)
      : settings_(settings), context_(context), dir_{context.options.data_dir} {}

  Result<RunRecord> run() {
    CQRS_TRY(choose_seed());
    CQRS_TRY(plan_ledger());
    CQRS_TRY(find_system());
    CQRS_TRY(make_data());
    say_plan();
    auto outcome = load::run_load(plan_, subject_.target, breaker_.get(), context_);
    if (!outcome) return explained(outcome.error());
    auto proof = prove(*outcome);
    if (!proof) return unproven(std::move(*outcome), proof.error());
    if (settings_.verify && !proof->verified) drop_ledger_thresholds();
    load::judge_run(*outcome, plan_, *proof);
    if (!outcome->facts.first_failure.empty() && outcome->record.exit_code != 0) {
      outcome->record.caveats.push_back("the first failure: " + outcome->facts.first_failure);
    }
    return std::move(outcome->record);
  }

 private:
  // One of ours, whose stores are not here.
  [[nodiscard]] bool elsewhere() const { return context_.options.target.starts_with("http"); }

  Status choose_seed() {
    plan_.scenario = settings_.scenario;
    const auto wanted = settings_.seed ? settings_.seed : settings_.scenario.seed;
    if (!wanted && settings_.shards > 1) {
      return invalid("--seed",
                     "--shard needs a --seed, the same for all shards: it makes their "
                     "schedules and data parts of one");
    }
    plan_.seed = wanted ? *wanted : new_seed();
    const auto& data = settings_.scenario.data;
    plan_.data = {plan_.seed, data[0], data[1], data[2]};
    plan_.shard = settings_.shard;
    plan_.shards = settings_.shards;
    plan_.threads = settings_.threads;
    plan_.connections = settings_.connections;
    plan_.record_reads = settings_.record_reads;
    plan_.await_visible =
        settings_.verify || plan_.scenario.probing.on || !plan_.scenario.faults.empty();
    plan_.min_achieved = settings_.min_achieved;
    plan_.slos = always_on_slos(!plan_.scenario.closed(), settings_.min_achieved);
    if (!settings_.verify || elsewhere()) {
      std::erase_if(plan_.slos, [](const Slo& slo) { return slo.metric != "load.achieved"; });
    }
    plan_.slos.insert(plan_.slos.end(), plan_.scenario.slos.begin(), plan_.scenario.slos.end());
    return {};
  }

  [[nodiscard]] std::string data_ledger() const {
    return ledger_directory(dir_) + "/load-" + std::to_string(plan_.seed) + "-data.bin";
  }

  Status find_system() {
    auto subject = find_subject(plan_.scenario, data_ledger(), settings_.tls, context_);
    if (!subject) return subject.error();
    subject_ = std::move(*subject);
    plan_.via_grpc = settings_.via_grpc;
    if (plan_.via_grpc && !subject_.target.grpc) {
      return invalid("--via",
                     "--via grpc reaches the roles directly, which only a system of the "
                     "standard profile on this machine serves: leave it out, or start one "
                     "with cqrsctl up --profile standard");
    }
    if (!subject_.stores_here && !subject_.foreign) unproven_ = true;
    if (subject_.foreign && settings_.shards > 1) {
      return invalid("--shard",
                     "--shard is for our own systems: the ids that a foreign one gives "
                     "are known to one process only");
    }
    if (subject_.target.client.endpoint.tls && plan_.data.total() > 0) {
      return invalid("--target",
                     "the data of a scenario is made over http only: make it with "
                     "cqrsctl seed, and load with --users 0 --products 0 --orders 0 and "
                     "a mix that creates what it needs");
    }
    return plan_faults();
  }

  // Whatever cannot be broken here is told before anything is sent.
  Status plan_faults() {
    if (plan_.scenario.faults.empty() || plan_.shard > 1) return {};
    if (subject_.foreign) return plan_foreign_faults();
    if (!subject_.stores_here) {
      return invalid("--fault",
                     "faults need the processes of the system on this machine: start it "
                     "with cqrsctl up, and leave --target out");
    }
    auto faults = SystemFaults::find(dir_);
    if (!faults) return faults.error();
    CQRS_TRY(check_faults(plan_.scenario.faults, **faults));
    subject_.target.usage = [system = faults->get()] { return usage_of(system->system()); };
    faults_ = std::move(*faults);
    breaker_ = std::make_unique<FaultRunner>(plan_.scenario.faults, *faults_,
                                             position_of(subject_.target.client.endpoint));
    return {};
  }

  // Its own commands kill and start it; how far its views are is asked by the dialect, not here.
  Status plan_foreign_faults() {
    faults_ = target::make_fault_executor(subject_.foreign->target());
    CQRS_TRY(check_faults(plan_.scenario.faults, *faults_));
    breaker_ = std::make_unique<FaultRunner>(plan_.scenario.faults, *faults_, PositionProbe());
    return {};
  }

  Status plan_ledger() {
    if (!settings_.keep_ledger) return {};
    plan_.ledger = settings_.ledger.empty()
                       ? load_ledger_path(dir_, plan_.seed, plan_.shard, plan_.shards)
                       : settings_.ledger;
    if (settings_.ledger.empty()) CQRS_TRY(create_directory(ledger_directory(dir_)));
    return {};
  }

  // What the scenario wants to be there before it begins: made through the API in batches by the
  // first shard; the others wait until they see it.
  Status make_data() {
    if (plan_.data.total() == 0 && subject_.foreign) {
      // What is verified hangs on it, even when there was nothing before.
      CQRS_TRY(create_directory(ledger_directory(dir_)));
      auto empty = create_ledger(data_ledger(), plan_.data, SystemClock().now());
      if (!empty) return explained(empty.error());
    }
    if (plan_.data.total() == 0) return {};
    if (plan_.shard > 1) return await_data();
    SeedPlan seed;
    seed.shape = plan_.data;
    seed.via = SeedVia::kBulk;
    seed.connections = 4;
    seed.depth = 2;
    seed.batch = 500;
    seed.ledger_path = data_ledger();
    CQRS_TRY(create_directory(ledger_directory(dir_)));
    auto before = LedgerProgress::read(seed.ledger_path);
    if (before && before->shape() == plan_.data) {
      if (before->finished()) return {};
      seed.resume = true;
    }
    context_.say("making " + grouped(static_cast<std::int64_t>(plan_.data.total())) +
                 " entities that scenario " + plan_.scenario.name + " wants to find");
    auto made = seed_subject(subject_, seed, context_);
    if (!made) return explained(made.error());
    if (made->interrupted) return make_error(ErrorCode::kTimeout, "interrupted");
    if (made->rejected > 0) {
      return make_error(ErrorCode::kUnavailable,
                        "the data of the scenario was refused: " + made->first_rejection);
    }
    if (!made->all_visible || made->indeterminate > 0) {
      return make_error(ErrorCode::kUnavailable,
                        "the data of the scenario did not become visible in " +
                            seconds_text(made->visible_after_s) + ": cqrsctl status");
    }
    return {};
  }

  Status await_data() {
    const Generator generator(plan_.data);
    const auto until = Steady::now() + std::chrono::minutes(10);
    context_.say("waiting for the data that shard 1 makes");
    for (const Kind kind : kAllKinds) {
      if (plan_.data.count(kind) == 0) continue;
      const std::string target = "/v1/" + std::string(kind_name(kind)) + "s/" +
                                 to_string(generator.id(kind, plan_.data.count(kind) - 1)) +
                                 "?min_version=1&wait=1s";
      for (;;) {
        auto answer = load::fetch(subject_.target.client.endpoint, "GET", target, {},
                                  std::chrono::seconds(5), settings_.tls);
        if (answer && answer->status == 200) break;
        if (context_.interrupted || Steady::now() > until) {
          return make_error(ErrorCode::kTimeout,
                            "the data of seed " + std::to_string(plan_.seed) +
                                " is not there: shard 1 makes it, is it running?");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
    return {};
  }

  void say_plan() const {
    const double seconds = std::chrono::duration<double>(plan_.scenario.duration()).count();
    context_.say("scenario " + plan_.scenario.name + ", seed " + std::to_string(plan_.seed) + ": " +
                 seconds_text(seconds) + " against " + subject_.target.url +
                 (plan_.scenario.closed() ? ", closed model" : ""));
  }

  [[nodiscard]] Error explained(const Error& error) const {
    if (error.code != ErrorCode::kAlreadyExists) return error;
    return invalid("--seed", error.message + ", so seed " + std::to_string(plan_.seed) +
                                 " was used here before: choose another --seed, or leave it out "
                                 "for a new one");
  }

  Result<load::RunProof> prove(load::LoadOutcome& outcome) {
    load::RunProof proof;
    if (!settings_.verify || outcome.facts.interrupted) return proof;
    if (subject_.foreign) return prove_foreign(outcome, proof);
    if (unproven_) {
      outcome.record.caveats.push_back(
          "not verified: the stores of " + subject_.target.url +
          " are not here; run cqrsctl verify where its data directory is");
      return proof;
    }
    const auto& wanted =
        settings_.verify_modes.empty() ? plan_.scenario.expect.verify : settings_.verify_modes;
    for (const std::string& mode : wanted) {
      VerifyOptions options;
      options.mode = mode == "default" ? "" : mode;
      options.settle =
          std::to_string(std::max<std::int64_t>(1'000, plan_.scenario.expect.visible.count())) +
          "ms";
      options.ledgers = ledgers();
      auto verified = verify_system(options, context_);
      if (!verified) return verified.error();
      const bool with_ledger = mode == "default" || mode == "deep" || mode == "ledger";
      add(*verified, with_ledger, outcome.record, proof);
    }
    return proof;
  }

  // Reads everything back through the foreign system's own API.
  Result<load::RunProof> prove_foreign(load::LoadOutcome& outcome, load::RunProof proof) {
    // The table of ids is written out when nobody uses it any more.
    subject_.target.make_dialect = nullptr;
    subject_.foreign.reset();
    auto verified = verify_target(VerifyOptions(), context_);
    if (!verified) return verified.error();
    const Json json = json_of(*verified);
    proof.verified = true;
    for (const auto& [kind, count] : json.at("differences").items()) {
      proof.differences += count.get<std::int64_t>();
      proof.figures["ledger." + kind] += count.get<double>();
      if (kind == "lost") proof.lost += count.get<std::int64_t>();
    }
    proof.figures["verify.diff"] = static_cast<double>(proof.differences);
    proof.inconclusive = verified->code() == ExitCode::kInconclusive;
    proof.reason = "verify could not tell: cqrsctl verify";
    for (const auto& mismatch : json.at("mismatches")) {
      outcome.record.mismatches.push_back(mismatch);
    }
    return proof;
  }

  // Those of the data directory, and this run's own wherever it is.
  [[nodiscard]] std::vector<std::string> ledgers() const {
    auto paths = find_all_ledgers(dir_);
    const bool there = std::find(paths.begin(), paths.end(), plan_.ledger) != paths.end();
    if (!plan_.ledger.empty() && !there) paths.push_back(plan_.ledger);
    return paths;
  }

  // Several modes find the same differences: what counts is the one that found most.
  static void add(const VerifyOutcome& verified, bool with_ledger, RunRecord& record,
                  load::RunProof& proof) {
    const Findings& findings = verified.report.findings;
    proof.verified = proof.verified || with_ledger;
    proof.differences = std::max(proof.differences, findings.total());
    proof.lost = std::max(proof.lost, findings.count(Difference::kLost));
    proof.indeterminate = std::max(proof.indeterminate, verified.report.indeterminate);
    const auto figure = [&](const char* metric, std::int64_t count) {
      double& most = proof.figures[metric];
      most = std::max(most, static_cast<double>(count));
    };
    figure("ledger.dup", findings.count(Difference::kDuplicate));
    figure("ledger.phantom", findings.count(Difference::kPhantom));
    figure("ledger.stale", findings.count(Difference::kStale));
    figure("order.violations", findings.count(Difference::kOrder));
    figure("verify.diff", findings.total());
    if (verified.report.verdict == Verdict::kInconclusive) {
      proof.inconclusive = true;
      proof.reason = verified.report.reason;
    }
    for (auto& check : checks_of(verified)) record.checks.push_back(std::move(check));
    const Json json = json_of(verified);
    if (json.at("mismatches").size() > record.mismatches.size()) {
      record.mismatches = json.at("mismatches");
    }
  }

  // What no verification looked for has no data, and is said to be unknown instead of broken.
  void drop_ledger_thresholds() {
    std::erase_if(plan_.slos, [](const Slo& slo) { return slo.metric.starts_with("ledger."); });
  }

  // The figures of a run are never thrown away: what could not be proven is told with them.
  Result<RunRecord> unproven(load::LoadOutcome outcome, const Error& error) {
    if (context_.interrupted) outcome.facts.interrupted = true;
    load::RunProof proof;
    proof.inconclusive = true;
    proof.reason = "the verification could not be carried out: " + error.message;
    drop_ledger_thresholds();
    std::erase_if(plan_.slos, [](const Slo& slo) {
      return slo.metric == "verify.diff" || slo.metric == "order.violations";
    });
    load::judge_run(outcome, plan_, proof);
    outcome.record.caveats.push_back(proof.reason);
    return std::move(outcome.record);
  }

  const LoadSettings& settings_;
  Context& context_;
  const DataDir dir_;
  load::LoadPlan plan_;
  LoadSubject subject_;
  bool unproven_ = false;                  // its stores are elsewhere
  std::unique_ptr<FaultExecutor> faults_;  // nothing: none are planned
  std::unique_ptr<FaultRunner> breaker_;
};

}  // namespace

Result<RunRecord> run_load_session(const LoadSettings& settings, Context& context) {
  return Session(settings, context).run();
}

}  // namespace cqrs
