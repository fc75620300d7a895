// The topics of the standard profile: what they are, and making them.
#include "core/wiring/standard.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

void print(const std::vector<standard::TopicInfo>& topics, const Context& context) {
  if (context.json()) {
    Json list = Json::array();
    for (const auto& topic : topics) {
      list.push_back({{"name", topic.name},
                      {"partitions", topic.partitions},
                      {"replication", topic.replication},
                      {"records", topic.records},
                      {"cleanup_policy", topic.cleanup_policy},
                      {"min_insync_replicas", topic.min_in_sync},
                      {"retention_ms", topic.retention_ms}});
    }
    context.out << Json{{"topics", std::move(list)}}.dump() << "\n";
    return;
  }
  if (topics.empty()) context.out << "no topics: cqrsctl topics create --execute\n";
  for (const auto& topic : topics) {
    context.out << topic.name << "   partitions " << topic.partitions << "   replicas "
                << topic.replication << ", in sync at least " << topic.min_in_sync << "   records "
                << grouped(topic.records) << "   cleanup " << topic.cleanup_policy
                << "   retention " << topic.retention_ms << " ms\n";
  }
}

}  // namespace

ExitCode run_topics(const TopicsOptions& options, Context& context) {
  auto config = config_of(options.standard, {context.options.data_dir});
  if (!config) return fail(context, config.error());
  if (options.create && !options.execute) {
    context.out << "plan: make the missing ones of " << config->name << ".user, " << config->name
                << ".product, " << config->name << ".order, each with " << config->partitions
                << " partitions and " << config->replication
                << " replicas (add --execute to carry it out)\n";
    return ExitCode::kDone;
  }
  if (options.create) {
    if (auto made = standard::make_topics(*config); !made) return fail(context, made.error());
  }
  auto topics = standard::describe_topics(*config);
  if (!topics) return fail(context, topics.error());
  print(*topics, context);
  return ExitCode::kDone;
}

void add_topics(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("topics", "Standard profile: list the topics, or make them");
  auto options = std::make_shared<TopicsOptions>();
  add_standard_flags(*command, options->standard);
  auto* create = command->add_subcommand("create", "Make those that are missing");
  create->add_flag("--execute", options->execute, "Carry it out; without it the plan is printed");
  create->footer("Example: cqrsctl topics create --execute");
  create->callback([options] { options->create = true; });
  command->footer("Example: cqrsctl topics -o json");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_topics(*options, context); };
  });
}

}  // namespace cqrs
