// The sink of the standard profile: how its connector is and how far it has come, what it is told,
// and removing it. Making it is the relay role's.
#include "core/wiring/standard.h"

#include "cli/commands/commands.h"
#include "cli/commands/connector_state.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

// These commands are about the sink, whether the system of this directory has one or not.
Result<StandardConfig> sink_config_of(const ConnectorOptions& options, const Context& context) {
  auto config = config_of(options.standard, {context.options.data_dir});
  if (!config) return config.error();
  config->sink = SinkKind::kMongo;
  CQRS_TRY(check(*config));
  return config;
}

struct Reach {
  Position complete_to = 0;
  Position head = 0;
};

Result<Reach> reach_of(const StandardConfig& config) {
  auto copies = standard::open_event_copies(config);
  if (!copies) return copies.error();
  auto complete = (*copies)->complete_to();
  if (!complete) return complete.error();
  auto history = standard::open_history(config);
  if (!history) return history.error();
  auto head = (*history)->head();
  if (!head) return head.error();
  return Reach{*complete, *head};
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Result<ExitCode> show(const StandardConfig& config, Context& context) {
  auto connector = standard::open_sink(config, standard::Patience::kWait);
  if (!connector) return connector.error();
  auto look = (*connector)->look();
  if (!look) return look.error();
  auto reach = reach_of(config);
  if (!reach) return reach.error();
  const auto name = standard::sink_connector(config);
  const auto collections = standard::sink_collections(config);
  if (context.json()) {
    Json out = json_of(name, *look);
    out["collections"] = collections;
    out["complete_position"] = reach->complete_to;
    out["head_position"] = reach->head;
    context.out << out.dump() << "\n";
    return ExitCode::kDone;
  }
  print(name, *look, context.out);
  context.out << "collections " << listed(collections) << "   complete up to position "
              << grouped(reach->complete_to) << " of " << grouped(reach->head) << "\n";
  return ExitCode::kDone;
}

Result<ExitCode> remove(const StandardConfig& config, bool execute, Context& context) {
  const std::string what = standard::sink_connector(config) + " and the collections " +
                           listed(standard::sink_collections(config));
  if (!execute) {
    context.out << "plan: remove the connector " << what
                << "; a relay role that still runs with --sink mongo makes them anew (add "
                   "--execute to carry it out)\n";
    return ExitCode::kDone;
  }
  CQRS_TRY(standard::remove_sink(config));
  context.out << "removed   the connector " << what << "\n";
  return ExitCode::kDone;
}

}  // namespace

Result<ExitCode> run_connector_sink(const ConnectorOptions& options, Context& context) {
  auto config = sink_config_of(options, context);
  if (!config) return config.error();
  if (options.remove) return remove(*config, options.execute, context);
  if (!options.settings) return show(*config, context);
  context.out << standard::sink_settings(*config);
  return ExitCode::kDone;
}

void add_connector_sink(CLI::App& connector, const std::shared_ptr<ConnectorOptions>& options) {
  auto* sink = connector.add_subcommand(
      "sink", "--sink mongo: the state of the sink's connector, and how far its collections are");
  sink->callback([options] { options->sink = true; });
  auto* settings = sink->add_subcommand(
      "settings", "Print what Kafka Connect is told: PUT /connectors/NAME/config");
  settings->footer("Example: cqrsctl connector sink settings");
  settings->callback([options] { options->settings = true; });
  auto* remove =
      sink->add_subcommand("remove", "Remove the connector and the collections that it filled");
  remove->add_flag("--execute", options->execute, "Carry it out; without it the plan is printed");
  remove->footer("Example: cqrsctl connector sink remove --execute");
  remove->callback([options] { options->remove = true; });
  sink->footer("Example: cqrsctl connector sink -o json");
}

}  // namespace cqrs
