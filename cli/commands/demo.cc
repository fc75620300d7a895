#include "cli/commands/commands.h"
#include "cli/commands/replay.h"
#include "cli/commands/seed.h"
#include "cli/commands/verify.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace cqrs {
namespace {

constexpr const char* kMarker = "/this-is-a-cqrsctl-demo";

// Stops what the demo started, whatever happens in between.
class DemoSystem {
 public:
  DemoSystem(DataDir dir, bool keep) : dir_(std::move(dir)), keep_(keep) {}
  DemoSystem(const DemoSystem&) = delete;
  DemoSystem& operator=(const DemoSystem&) = delete;
  ~DemoSystem() {
    if (!keep_) (void)stop();
  }
  Status stop() {
    auto system = find_running(dir_);
    if (!system) return {};
    return stop_system(dir_, *system, std::chrono::seconds(60));
  }

 private:
  DataDir dir_;
  bool keep_;
};

// The demo's directory is its own: emptied before each run, and only if a demo made it.
Status empty_directory(const DataDir& dir) {
  std::error_code error;
  const bool ours = std::filesystem::exists(dir.root + kMarker, error);
  const bool empty =
      !std::filesystem::exists(dir.root, error) || std::filesystem::is_empty(dir.root, error);
  if (!ours && !empty) {
    return invalid("--data-dir",
                   dir.root + " holds something that no demo made: choose another --data-dir");
  }
  if (auto system = find_running(dir); system.ok()) {
    CQRS_TRY(stop_system(dir, *system, std::chrono::seconds(60)));
  }
  std::filesystem::remove_all(dir.root, error);
  CQRS_TRY(create_directory(dir.root));
  return write_file(dir.root + kMarker, "cqrsctl demo empties this directory at every run.\n");
}

void step(const Context& context, const std::string& title) {
  if (!context.json()) context.out << "\n== " << title << "\n" << std::flush;
}

class Demo {
 public:
  Demo(const DemoOptions& options, Context& context) : options_(options), context_(context) {}

  Result<ExitCode> run() {
    started_ = std::chrono::steady_clock::now();
    report_.title = "cqrsctl demo";
    report_.command_line = context_.options.command_line;
    report_.started_at = to_string(SystemClock().now());
    // Before anything is emptied or started.
    auto size = parse_count(options_.size, "--size", 10'000'000);
    if (!size) return size.error();
    if (*size == 0) return invalid("--size", "--size must be at least 1");
    const DataDir dir{context_.options.data_dir};
    CQRS_TRY(empty_directory(dir));
    DemoSystem guard(dir, options_.keep);
    CQRS_TRY(up(dir));
    CQRS_TRY(seed_step());
    if (code_ == ExitCode::kDone) CQRS_TRY(verify_step());
    if (code_ == ExitCode::kDone) CQRS_TRY(inject_step());
    if (code_ == ExitCode::kDone) CQRS_TRY(replay_step());
    if (!options_.keep) {
      step(context_, "6 stop");
      CQRS_TRY(guard.stop());
      if (!context_.json()) context_.out << "stopped     every accepted request was answered\n";
    }
    return finish(dir);
  }

 private:
  Status up(const DataDir& dir) {
    step(context_, "1 start one process with all roles over SQLite files");
    auto system = start_system(dir, {});
    if (!system) return system.error();
    report_.data["up"] = {{"url", system->url}};
    if (!context_.json()) {
      context_.out << "running     " << system->url << "   data in " << dir.root << "\n";
    }
    return {};
  }

  Status seed_step() {
    step(context_, "2 seed " + options_.size + " users, " + options_.size + " products and " +
                       options_.size + " orders, one HTTP request each");
    SeedOptions options;
    options.users = options.products = options.orders = options_.size;
    auto outcome = seed(options, context_);
    if (!outcome) return outcome.error();
    code_ = outcome->code;
    entities_ = outcome->result.acknowledged;
    rate_ = outcome->result.entities_per_s();
    report_.data["seed"] = json_of(*outcome);
    report_.sections.push_back(section_of(*outcome));
    report_.checks.push_back(
        {"zero acknowledged writes lost", outcome->lost == 0,
         std::to_string(outcome->lost) + " of " + grouped(static_cast<std::int64_t>(entities_)),
         outcome->verify_s});
    report_.checks.push_back(
        {"everything acknowledged is visible", outcome->result.all_visible,
         seconds_text(outcome->result.visible_after_s) + " after the last acknowledgement",
         outcome->result.elapsed_s()});
    if (!context_.json()) print(*outcome, context_.out);
    return {};
  }

  Status verify_step() {
    step(context_, "3 verify: events, write store, views and ledger, content by content");
    VerifyOptions options;
    options.mode = "deep";
    auto outcome = verify_system(options, context_);
    if (!outcome) return outcome.error();
    code_ = outcome->code();
    report_.data["verify"] = json_of(*outcome);
    report_.sections.push_back(section_of(*outcome));
    for (auto& check : checks_of(*outcome)) report_.checks.push_back(std::move(check));
    if (!context_.json()) print(*outcome, context_.out);
    return {};
  }

  // A verifier that finds nothing proves nothing: it must find what was planted.
  Status inject_step() {
    step(context_, "4 verify the verifier: plant differences in copies, and find exactly those");
    VerifyOptions options;
    options.inject = "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2";
    auto outcome = verify_system(options, context_);
    if (!outcome) return outcome.error();
    report_.data["inject"] = json_of(*outcome);
    report_.checks.push_back({"verify finds exactly what is planted", outcome->exact,
                              options.inject, outcome->elapsed_s});
    if (!outcome->exact) code_ = ExitCode::kDifferences;
    if (!context_.json()) {
      context_.out << "planted     " << options.inject << "\n"
                   << "found       "
                   << (outcome->exact ? "exactly those, entity by entity" : "OTHERS") << "\n";
    }
    return {};
  }

  Status replay_step() {
    step(context_, "5 replay every event into new views, prove them equal, switch");
    ReplayOptions options;
    options.execute = options.switch_live = true;
    auto plan = parse_replay(options);
    if (!plan) return plan.error();
    auto outcome = replay(*plan, context_);
    if (!outcome) return outcome.error();
    code_ = outcome->code;
    const bool equal = outcome->equal.value_or(false) && outcome->live_equal;
    report_.data["replay"] = json_of(*outcome);
    report_.sections.push_back(section_of(*outcome));
    report_.checks.push_back({"replayed views equal the live ones", equal,
                              equal ? "equal, and switched to" : outcome->reason,
                              outcome->elapsed_s});
    if (!context_.json()) print(*outcome, context_.out);
    return {};
  }

  Result<ExitCode> finish(const DataDir& dir) {
    const bool pass = code_ == ExitCode::kDone;
    report_.verdict = pass ? "pass" : code_ == ExitCode::kInconclusive ? "inconclusive" : "fail";
    report_.elapsed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    report_.headline =
        grouped(static_cast<std::int64_t>(entities_)) + " entities at " + rate_text(rate_) +
        ", durable and visible; " +
        (pass ? "none lost, none duplicated, none stale." : "see the checks that failed.");
    report_.sections.push_back(host_section());
    report_.caveats = {
        "Client, services and stores shared one machine.",
        "The seed is a closed loop: it shows throughput, not latency under a fixed rate."};
    const std::string directory =
        context_.options.report_dir.empty() ? dir.root + "/report" : context_.options.report_dir;
    CQRS_TRY(write_report(directory, report_));
    if (context_.json()) {
      Json out = json_of(report_);
      out["report_dir"] = directory;
      context_.out << out.dump() << "\n";
    } else {
      context_.out << "\nVERDICT     " << report_.verdict << ": " << report_.headline << "\n"
                   << "report      " << directory << "/report.html\n";
      if (options_.keep) {
        context_.out << "running     cqrsctl --data-dir " << dir.root << " status\n";
      }
    }
    return code_;
  }

  const DemoOptions& options_;
  Context& context_;
  Report report_;
  ExitCode code_ = ExitCode::kDone;
  std::uint64_t entities_ = 0;
  double rate_ = 0;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace

ExitCode run_demo(const DemoOptions& options, Context& context) {
  auto code = Demo(options, context).run();
  return code ? *code : fail(context, code.error());
}

void add_demo(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "demo", "Start, seed, verify, replay, report and stop a system in a directory of its own");
  auto options = std::make_shared<DemoOptions>();
  command->add_option("--size", options->size, "How many of each entity")->capture_default_str();
  command->add_flag("--keep", options->keep, "Leave the system running");
  command->footer("Example: cqrsctl demo --size 50k");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_demo(*options, context); };
  });
}

}  // namespace cqrs
