#include "cli/commands/replay.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

std::string status_line(const Json& generation, Position head) {
  std::string line = "generation " + std::to_string(generation.value("generation", 0)) +
                     (generation.value("live", false) ? "  live   " : "  shadow ") + " applied " +
                     grouped(generation.value("applied", Position{0})) + " of " + grouped(head);
  const std::string proof = generation.value("proof", "none");
  if (proof == "equal") line += "  proven equal";
  if (proof == "differs") line += "  DIFFERS from the write side";
  if (generation.value("unfinished", false)) {
    line += "  unfinished: cqrsctl replay --execute goes on with it";
  }
  if (const auto rate = generation.value("rate", std::int64_t{0}); rate > 0) {
    line += "  at most " + grouped(rate) + "/s";
  }
  if (generation.contains("problem")) {
    line += (generation.value("stopped", false) ? "  STOPPED: " : "  waits: ") +
            generation.value("problem", "");
  }
  return line;
}

ExitCode run_generations(Context& context) {
  auto system = find_running({context.options.data_dir});
  if (!system) return fail(context, system.error());
  auto all = call(*system, "GET", "/v1/admin/generations");
  if (!all) return fail(context, all.error());
  if (context.json()) {
    context.out << all->dump() << "\n";
    return ExitCode::kDone;
  }
  for (const auto& generation : all->at("generations")) {
    context.out << status_line(generation, all->value("head", Position{0})) << "\n";
  }
  return ExitCode::kDone;
}

// Changes one generation, or says what it would do.
ExitCode change(const std::string& what, const std::string& plan, bool execute, Context& context,
                const std::function<Result<Json>(const RunningSystem&)>& carry_out) {
  auto system = find_running({context.options.data_dir});
  if (!system) return fail(context, system.error());
  if (!execute) {
    if (context.json()) {
      context.out << Json{{"plan", plan}, {"executed", false}}.dump() << "\n";
    } else {
      context.out << "plan (nothing was changed; add --execute to carry it out)\n  " << plan
                  << "\n";
    }
    return ExitCode::kDone;
  }
  auto done = carry_out(*system);
  if (!done && done.error().code == ErrorCode::kNotFound) {
    return fail(context,
                invalid("generation",
                        done.error().message + ": cqrsctl replay status shows which there are"));
  }
  if (!done) return fail(context, done.error());
  if (context.json()) {
    context.out << done->dump() << "\n";
  } else {
    context.out << what << "\n";
  }
  return ExitCode::kDone;
}

ExitCode run_switch(int to, bool execute, Context& context) {
  const std::string number = std::to_string(to);
  return change("reads come from generation " + number + " now",
                "move reads to generation " + number, execute, context,
                [&](const RunningSystem& system) -> Result<Json> {
                  auto all = call(system, "GET", "/v1/admin/generations");
                  if (!all) return all.error();
                  const int live = live_generation_of(*all);
                  return call(system, "POST", "/v1/admin/generations/" + number + "/switch",
                              Json{{"expected", live}}.dump());
                });
}

ExitCode run_drop(int generation, bool execute, Context& context) {
  const std::string number = std::to_string(generation);
  return change("generation " + number + " is gone",
                "remove generation " + number + " and its files", execute, context,
                [&](const RunningSystem& system) {
                  return call(system, "DELETE", "/v1/admin/generations/" + number);
                });
}

CLI::Validator generation_number() { return CLI::Range(1, 1'000'000).description(""); }

void add_switch(CLI::App& replay, Action& action) {
  auto* command = replay.add_subcommand("switch", "Move reads to another generation");
  auto to = std::make_shared<int>(0);
  auto execute = std::make_shared<bool>(false);
  command->add_option("--to", *to, "The generation")->required()->check(generation_number());
  command->add_flag("--execute", *execute, "Carry it out; without it only the plan is printed");
  command->footer("Example: cqrsctl replay switch --to 1 --execute");
  command->callback([to, execute, &action] {
    action = [to, execute](Context& context) { return run_switch(*to, *execute, context); };
  });
}

void add_drop(CLI::App& replay, Action& action) {
  auto* command = replay.add_subcommand("drop", "Remove a generation that is not live");
  auto number = std::make_shared<int>(0);
  auto execute = std::make_shared<bool>(false);
  command->add_option("generation", *number, "The generation")
      ->required()
      ->check(generation_number());
  command->add_flag("--execute", *execute, "Carry it out; without it only the plan is printed");
  command->footer("Example: cqrsctl replay drop 2 --execute");
  command->callback([number, execute, &action] {
    action = [number, execute](Context& context) { return run_drop(*number, *execute, context); };
  });
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "replay", "Rebuild the views from the events in a shadow generation, and prove it equal");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("--projection", options->projection, "Which views: all")
      ->capture_default_str();
  command->add_option("--from", options->from, "Where to begin: start")->capture_default_str();
  command->add_option("--to", options->to, "Where to end: head, and then it follows")
      ->capture_default_str();
  command->add_option("--mode", options->mode, "How: shadow, beside the live views")
      ->capture_default_str();
  command->add_option("--rate", options->rate,
                      "Events per second at most, e.g. 5k; default: no limit");
  command->add_flag("--verify,!--no-verify", options->verify,
                    "Prove the new generation equal to the write side; done unless refused");
  command->add_flag("--switch", options->switch_live,
                    "Move reads to the new generation when proven");
  command->add_flag("--execute", options->execute,
                    "Carry it out; without it only the plan is printed");
  command->add_option("--wait", options->timeout, "How long filling and proof may take")
      ->capture_default_str();
  command->footer("Example: cqrsctl replay --projection all --from start --switch --execute");
  command->require_subcommand(0, 1);
  auto* status = command->add_subcommand("status", "The generations and how far they are");
  status->footer("Example: cqrsctl replay status -o json");
  status->callback(
      [&action] { action = [](Context& context) { return run_generations(context); }; });
  add_switch(*command, action);
  add_drop(*command, action);
  command->callback([options, command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [options](Context& context) { return run_replay(*options, context); };
  });
}

}  // namespace cqrs
