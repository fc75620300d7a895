// Change data capture of the standard profile: what the connector is told, how it is, and removing
// it. Making it is the relay role's.
#include "core/wiring/standard.h"

#include "cli/commands/connector_state.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

const char* state_name(ConnectorState state) {
  switch (state) {
    case ConnectorState::kAbsent:
      return "absent";
    case ConnectorState::kStopped:
      return "stopped";
    case ConnectorState::kPaused:
      return "paused";
    case ConnectorState::kStarting:
      return "starting";
    case ConnectorState::kRunning:
      return "running";
    case ConnectorState::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace

Json json_of(const std::string& name, const ConnectorLook& look) {
  return {{"name", name},
          {"state", state_name(look.state)},
          {"outdated", look.outdated},
          {"trouble", look.trouble}};
}

void print(const std::string& name, const ConnectorLook& look, std::ostream& out) {
  out << "connector   " << name << "   " << state_name(look.state)
      << (look.outdated ? ", with other settings than ours" : "") << "\n";
  if (!look.trouble.empty()) out << "trouble     " << look.trouble << "\n";
}

namespace {

Result<ExitCode> show(const StandardConfig& config, Context& context) {
  auto slot = standard::open_capture_slot(config);
  if (!slot) return slot.error();
  auto held = (*slot)->look();
  if (!held) return held.error();
  auto connector = standard::open_connector(config, standard::Patience::kWait);
  if (!connector) return connector.error();
  auto look = (*connector)->look();
  if (!look) return look.error();
  const auto name = standard::connector_name(config);
  if (context.json()) {
    Json out = json_of(name, *look);
    out["slot_usable"] = held->usable;
    out["held_bytes"] = held->held_bytes;
    context.out << out.dump() << "\n";
    return ExitCode::kDone;
  }
  print(name, *look, context.out);
  context.out << "slot        " << name << "   " << (held->usable ? "usable" : "absent or lost")
              << "   holds " << grouped(held->held_bytes) << " bytes of the journal\n";
  return ExitCode::kDone;
}

Result<ExitCode> run(const ConnectorOptions& options, Context& context) {
  auto config = config_of(options.standard, {context.options.data_dir});
  if (!config) return config.error();
  if (options.settings) {
    auto settings = standard::connector_settings(*config);
    if (!settings) return settings.error();
    context.out << *settings;
    return ExitCode::kDone;
  }
  if (!options.remove) return show(*config, context);
  const auto name = standard::connector_name(*config);
  if (!options.execute) {
    context.out << "plan: remove the connector " << name << ", its slot and its publication; a "
                << "relay role that still runs with --relay cdc makes them anew (add --execute to "
                << "carry it out)\n";
    return ExitCode::kDone;
  }
  CQRS_TRY(standard::remove_capture(*config));
  context.out << "removed   " << name << ": connector, slot and publication\n";
  return ExitCode::kDone;
}

}  // namespace

ExitCode run_connector(const ConnectorOptions& options, Context& context) {
  auto done = options.sink ? run_connector_sink(options, context) : run(options, context);
  return done ? *done : fail(context, done.error());
}

void add_connector(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "connector",
      "Standard profile: the connectors in Kafka Connect. Without a command: --relay "
      "cdc, the state of Debezium's and its slot");
  auto options = std::make_shared<ConnectorOptions>();
  add_standard_flags(*command, options->standard);
  auto* settings = command->add_subcommand(
      "settings", "Print what Kafka Connect is told: PUT /connectors/NAME/config");
  settings->footer("Example: cqrsctl connector settings");
  settings->callback([options] { options->settings = true; });
  auto* remove = command->add_subcommand("remove", "Remove connector, slot and publication");
  remove->add_flag("--execute", options->execute, "Carry it out; without it the plan is printed");
  remove->footer("Example: cqrsctl connector remove --execute");
  remove->callback([options] { options->remove = true; });
  add_connector_sink(*command, options);
  command->footer("Example: cqrsctl connector -o json");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_connector(*options, context); };
  });
}

}  // namespace cqrs
