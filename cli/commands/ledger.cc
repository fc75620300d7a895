#include "core/verify/ledger.h"

#include "cli/commands/commands.h"
#include "cli/commands/ledger_loads.h"
#include "cli/commands/ledgers.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

Result<std::vector<std::string>> paths_of(const std::string& path, const Context& context) {
  if (!path.empty()) return std::vector<std::string>{path};
  const DataDir dir{context.options.data_dir};
  auto found = find_all_ledgers(dir);
  if (found.empty()) {
    return make_error(ErrorCode::kNotFound, "no ledger in " + ledger_directory(dir) +
                                                ": run cqrsctl seed or load, or name a file");
  }
  return found;
}

Json json_of(const std::string& path, const LedgerSummary& summary) {
  return {{"ledger", path},
          {"seed", summary.shape.seed},
          {"users", summary.shape.users},
          {"products", summary.shape.products},
          {"orders", summary.shape.orders},
          {"created_at", to_string(summary.created_at)},
          {"intended", summary.intended},
          {"acknowledged", summary.acknowledged},
          {"rejected", summary.rejected},
          {"indeterminate", summary.indeterminate},
          {"torn_bytes", summary.torn_bytes},
          {"being_written", summary.being_written}};
}

ExitCode run_stat(const std::string& path, Context& context) {
  auto paths = paths_of(path, context);
  if (!paths) return fail(context, paths.error());
  Json all = Json::array();
  for (const auto& name : *paths) {
    if (is_op_ledger(name)) {
      auto told = stat_load_ledger(name, context);
      if (!told) return fail(context, told.error());
      all.push_back(std::move(*told));
      continue;
    }
    auto ledger = Ledger::read(name);
    if (!ledger) return fail(context, ledger.error());
    const LedgerSummary summary = ledger->summary();
    all.push_back(json_of(name, summary));
    if (context.json()) continue;
    const auto count = [](std::uint64_t number) {
      return grouped(static_cast<std::int64_t>(number));
    };
    context.out << name << "\n  seed " << summary.shape.seed << "   users "
                << count(summary.shape.users) << "   products " << count(summary.shape.products)
                << "   orders " << count(summary.shape.orders) << "   since "
                << to_string(summary.created_at) << "\n  intended " << count(summary.intended)
                << "   acknowledged " << count(summary.acknowledged) << "   rejected "
                << count(summary.rejected)
                << (summary.being_written ? "   in flight " : "   indeterminate ")
                << count(summary.indeterminate)
                << (summary.torn_bytes > 0
                        ? "   torn tail " + count(summary.torn_bytes) + " bytes, ignored"
                        : "")
                << "\n";
  }
  if (context.json()) context.out << (paths->size() == 1 ? all.front() : all).dump() << "\n";
  return ExitCode::kDone;
}

struct ShowOptions {
  std::string path;
  std::string status;
  std::size_t limit = 20;
};

void print_entry(const Generator& generator, Kind kind, std::uint64_t index,
                 const Ledger::Entry& entry, const Context& context) {
  if (context.json()) {
    context.out << Json{{"kind", kind_name(kind)},
                        {"index", index},
                        {"id", to_string(generator.id(kind, index))},
                        {"status", ledger_status_name(entry.status)},
                        {"version", entry.version},
                        {"position", entry.position},
                        {"digest", to_string(entry.digest)}}
                       .dump()
                << "\n";
    return;
  }
  context.out << kind_name(kind) << " " << index << "  " << to_string(generator.id(kind, index))
              << "  " << ledger_status_name(entry.status) << "  v" << entry.version << "  position "
              << entry.position << "  digest " << to_string(entry.digest) << "\n";
}

// Prints the entries that are wanted; gives how many more may be shown.
std::size_t print_entries(const Ledger& ledger, const ShowOptions& options, std::size_t left,
                          const Context& context) {
  const Generator generator(ledger.shape());
  for (const Kind kind : kAllKinds) {
    const auto& entries = ledger.entries(kind);
    for (std::uint64_t index = 0; index < entries.size() && left > 0; ++index) {
      const auto& entry = entries[index];
      const bool wanted =
          options.status.empty() || ledger_status_name(entry.status) == options.status;
      if (!entry.intended || !wanted) continue;
      print_entry(generator, kind, index, entry, context);
      --left;
    }
  }
  return left;
}

ExitCode run_show(const ShowOptions& options, Context& context) {
  auto paths = paths_of(options.path, context);
  if (!paths) return fail(context, paths.error());
  std::size_t left = options.limit;
  for (const auto& name : *paths) {
    if (is_op_ledger(name)) {
      auto shown = show_load_ledger(name, options.status, left, context);
      if (!shown) return fail(context, shown.error());
      left = *shown;
      continue;
    }
    auto ledger = Ledger::read(name);
    if (!ledger) return fail(context, ledger.error());
    left = print_entries(*ledger, options, left, context);
  }
  return ExitCode::kDone;
}

ExitCode run_export(const HistoryExport& wanted, Context& context) {
  const Status done = export_history(wanted, context);
  return done ? ExitCode::kDone : fail(context, done.error());
}

void add_export(CLI::App& ledger, Action& action) {
  auto* command = ledger.add_subcommand(
      "export",
      "The history of a load, as Jepsen's checkers read it: one line per beginning and end");
  auto options = std::make_shared<HistoryExport>();
  command->add_option("FILE", options->paths, "Ledgers of one load: all its shards")->required();
  command->add_option("--format", options->format, "json or edn")->capture_default_str();
  command->add_option("--out", options->out, "File to write; default: stdout");
  command->add_flag("--writes-only", options->writes_only, "Leave reads out");
  command->footer(
      "Example: cqrsctl ledger export ledgers/load-7.bin --format edn --out history.edn");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_export(*options, context); };
  });
}

}  // namespace

void add_ledger(CLI::App& app, Action& action) {
  auto* ledger = app.add_subcommand(
      "ledger", "Look at what was sent and what became of it: stat, show, export");
  ledger->require_subcommand(1);
  ledger->footer("Example: cqrsctl ledger stat");

  auto* stat = ledger->add_subcommand("stat", "Counts by outcome");
  auto path = std::make_shared<std::string>();
  stat->add_option("FILE", *path, "Ledger file; default: all of the data directory");
  stat->footer("Example: cqrsctl ledger stat");
  stat->callback(
      [path, &action] { action = [path](Context& context) { return run_stat(*path, context); }; });

  add_export(*ledger, action);

  auto* show = ledger->add_subcommand("show", "Commands with their ids, versions and digests");
  auto options = std::make_shared<ShowOptions>();
  show->add_option("FILE", options->path, "Ledger file; default: all of the data directory");
  show->add_option("--status", options->status, "Only these: acknowledged, rejected, indeterminate")
      ->check(CLI::IsMember({"acknowledged", "rejected", "indeterminate"}));
  show->add_option("--limit", options->limit, "How many")
      ->check(CLI::Range(0, 1'000'000'000).description(""))
      ->capture_default_str();
  show->footer("Example: cqrsctl ledger show --status indeterminate --limit 5");
  show->callback([options, &action] {
    action = [options](Context& context) { return run_show(*options, context); };
  });
}

}  // namespace cqrs
