// Reads reports again: shows one, or puts the shards of one run together.
#include "cli/commands/commands.h"
#include "cli/report/run_record.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

Result<MergedRun> read_runs(const std::vector<std::string>& directories) {
  std::vector<RunRecord> records;
  for (const auto& directory : directories) {
    auto record = read_run_report(directory);
    if (!record) return record.error();
    records.push_back(std::move(*record));
  }
  // One report is shown as it is, be it a shard or a whole.
  if (records.size() == 1) return MergedRun{std::move(records.front()), {}};
  return merge(records);
}

}  // namespace

ExitCode run_report(const ReportOptions& options, Context& context) {
  auto run = read_runs(options.runs);
  if (!run) {
    // A directory that is not there was typed wrongly: nothing that could be had is missing.
    const bool typed = run.error().code == ErrorCode::kNotFound;
    return typed ? fail(context, run.error(), ExitCode::kUsage) : fail(context, run.error());
  }
  if (!options.out.empty()) {
    if (auto status = write_run_report(options.out, run->record); !status) {
      return fail(context, status.error());
    }
    context.say("report: " + options.out + "/report.html");
  }
  if (context.json()) {
    Json out = summary_json(run->record);
    if (!run->ledgers.empty()) out["ledgers"] = run->ledgers;
    context.out << out.dump(2) << "\n";
  } else {
    print(run->record, context.out);
    for (const auto& ledger : run->ledgers) context.out << "ledger     " << ledger << "\n";
  }
  return static_cast<ExitCode>(run->record.exit_code);
}

void add_report(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "report", "Show the report of a run, or merge those of all its shards; exits as the run did");
  auto options = std::make_shared<ReportOptions>();
  command->add_option("RUN", options->runs, "Report directories: one, or all shards of one run")
      ->required();
  command->add_option("--out", options->out,
                      "Write the report, merged if need be, to this directory");
  command->footer("Example: cqrsctl report shard-1 shard-2 shard-3 --out merged");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_report(*options, context); };
  });
}

}  // namespace cqrs
