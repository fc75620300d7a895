// `cqrsctl chaos`: a load while the system is broken on purpose, then the proof that nothing was
// lost.
#include "cli/commands/commands.h"
#include "cli/commands/load_session.h"
#include "cli/load/chaos_words.h"
#include "cli/load/load_words.h"
#include "cli/target/target_file.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace cqrs {
namespace {

struct ChaosOptions {
  std::string scenario;
  ChaosWords words;
  std::vector<std::string> slos;
  std::vector<std::string> faults;
};

Result<Scenario> scenario_for(const ChaosOptions& options, const RunningSystem& system) {
  if (!options.scenario.empty() || !options.faults.empty()) {
    load::LoadWords words;
    if (!options.scenario.empty()) words.scenario = options.scenario;
    words.faults = options.faults;
    words.slos = options.slos;
    if (!options.words.seed.empty()) words.seed = options.words.seed;
    auto scenario = load::scenario_of(words);
    if (scenario && scenario->faults.empty()) {
      return invalid("--scenario", "scenario " + scenario->name +
                                       " breaks nothing: add faults to it, name some by --fault, "
                                       "or leave --scenario out for random kills");
    }
    return scenario;
  }
  const auto now = static_cast<std::uint64_t>(SystemClock().now().micros);
  auto scenario = chaos_scenario(options.words, system, now % 1'000'000'000);
  if (!scenario) return scenario;
  // What the mix acts on and refers to.
  if (scenario->data == std::array<std::uint64_t, 3>{}) scenario->data = {1'000, 1'000, 1'000};
  for (const auto& text : options.slos) {
    auto slo = parse_slo(text);
    if (!slo) return slo.error();
    scenario->slos.push_back(std::move(*slo));
  }
  return scenario;
}

// A foreign system is one thing that can be killed and started.
Result<RunningSystem> system_to_break(const Context& context) {
  if (context.options.target.empty()) return find_running(DataDir{context.options.data_dir});
  if (!target::is_target_file(context.options.target)) {
    return invalid("--target",
                   "chaos needs the processes of the system, or a profile that says how "
                   "to kill and start it: name its profile, or leave --target out");
  }
  RunningSystem system;
  system.processes.push_back({"all", 0, 0, "", 0, ""});
  return system;
}

ExitCode run_chaos(const ChaosOptions& options, Context& context) {
  auto system = system_to_break(context);
  if (!system) return fail(context, system.error());
  auto scenario = scenario_for(options, *system);
  if (!scenario) return fail(context, scenario.error(), ExitCode::kUsage);
  for (const auto& line : told(scenario->faults)) context.say("  " + line);
  LoadSettings settings;
  settings.scenario = std::move(*scenario);
  auto record = run_load_session(settings, context);
  if (!record && context.interrupted) {
    return fail(context, record.error(), ExitCode::kInterrupted);
  }
  if (!record) return fail(context, record.error());
  return deliver(*record, context);
}

constexpr const char* kExamples =
    "Examples:\n"
    "  cqrsctl chaos --kill random --every 2s --for 60s\n"
    "  cqrsctl chaos --kill projector --every 10s --for 1m --rate 500\n"
    "  cqrsctl chaos --scenario scenarios/kill-projector.json\n"
    "  cqrsctl chaos --fault 'pause:projector@5s,resume@+8s'\n"
    "\n"
    "Touches only processes of this system, and servers that a fault names. Whatever is broken at\n"
    "the end is healed. Ends as cqrsctl load does; 1 is a lost write.";

}  // namespace

void add_chaos(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "chaos", "Break the system under load, then prove that nothing acknowledged was lost");
  auto options = std::make_shared<ChaosOptions>();
  command->add_option("--scenario", options->scenario, "Scenario file with faults");
  command->add_option("--fault", options->faults, "Faults at their times, instead of random ones");
  command->add_option("--kill", options->words.kill, "random, or one role")->capture_default_str();
  command->add_option("--every", options->words.every, "One kill in each such stretch")
      ->capture_default_str();
  command->add_option("--pause", options->words.pause, "From a kill to the restart")
      ->capture_default_str();
  command->add_option("--for", options->words.duration, "How long")->capture_default_str();
  command
      ->add_option("--quiet-end", options->words.quiet,
                   "At the end without new faults, so that recovery is seen")
      ->capture_default_str();
  command->add_option("--roles", options->words.roles, "What random chooses from; default: all");
  command->add_flag("--all-at-once", options->words.all_at_once,
                    "Also kill the last running replica of a role");
  command->add_option("--seed", options->words.seed, "Same seed, same faults and load");
  command->add_option("--mix", options->words.mix, "Operations and weights");
  command->add_option("--rate", options->words.rate, "Operations per second (default 200)");
  command->add_option("--slo", options->slos, "What must hold: 'recovery.seconds:max<10s'");
  command->footer(kExamples);
  command->callback([options, &action] {
    action = [options](Context& context) { return run_chaos(*options, context); };
  });
}

}  // namespace cqrs
