// Brings the schema of the write store up to date, or back.
#include "core/wiring/standard.h"

#include "cli/commands/commands.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

void tell(const char* what, const standard::SchemaChange& change, const StandardConfig& config,
          const Context& context) {
  if (context.json()) {
    context.out << Json{{"schema", config.name},
                        {"from", change.from},
                        {"to", change.to},
                        {"executed", std::string_view(what) == "migrated"}}
                       .dump()
                << "\n";
    return;
  }
  context.out << what << "   schema " << config.name << " in " << masked(config.postgres)
              << "   from version " << change.from << " to " << change.to << "\n";
}

}  // namespace

ExitCode run_migrate(const MigrateOptions& options, Context& context) {
  auto config = config_of(options.standard, {context.options.data_dir});
  if (!config) return fail(context, config.error());
  auto versions = standard::schema_versions(*config);
  if (!versions) return fail(context, versions.error());
  const int target = options.to.value_or(versions->to);
  if (target < 0 || target > versions->to) {
    return fail(context, invalid("--to", "--to must be a version from 0, which is no schema, to " +
                                             std::to_string(versions->to)));
  }
  if (!options.execute) {
    tell("plan (add --execute to carry it out)", {versions->from, target}, *config, context);
    return ExitCode::kDone;
  }
  auto done = standard::migrate(*config, target, options.lose_data);
  if (!done) return fail(context, done.error());
  tell("migrated", *done, *config, context);
  return ExitCode::kDone;
}

void add_migrate(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "migrate", "Standard profile: bring the write store's schema up to date, or back");
  auto options = std::make_shared<MigrateOptions>();
  command->add_option("--to", options->to, "Version; default: the newest. 0: no schema at all");
  command->add_flag("--lose-data", options->lose_data,
                    "Go back even where that removes events, for good");
  command->add_flag("--execute", options->execute, "Carry it out; without it the plan is printed");
  add_standard_flags(*command, options->standard);
  command->footer(
      "Example: cqrsctl migrate --execute\n"
      "cqrsctl up does the same on its way; this is for those who start the roles otherwise.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_migrate(*options, context); };
  });
}

}  // namespace cqrs
