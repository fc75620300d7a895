// Reads reports again: shows one, or puts the shards of one run together.
#include "cli/commands/commands.h"
#include "cli/report/run_record.h"
#include "cli/report/run_slos.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace cqrs {
namespace {

// A verification looks at the whole system, so the one that found most is that of the run.
SloFigures figures_of(const std::vector<RunRecord>& shards) {
  SloFigures figures;
  for (const RunRecord& shard : shards) {
    for (const SloResult& slo : shard.slos) {
      const std::string& metric = slo.slo.metric;
      const bool by_verify = metric == "verify.diff" || metric == "order.violations" ||
                             metric == "ledger.dup" || metric == "ledger.phantom" ||
                             metric == "ledger.stale";
      if (!slo.observed || !by_verify) continue;
      double& found = figures[metric];
      found = std::max(found, *slo.observed);
    }
  }
  return figures;
}

// Thresholds hold for the run, not for a part of it: those that every shard was given are judged on
// the merged figures. What decided a shard's verdict before any threshold stays decided.
void judge_again(RunRecord& record, const RunRecord& shard, const SloFigures& figures) {
  std::vector<Slo> slos;
  for (const SloResult& result : shard.slos) slos.push_back(result.slo);
  record.slos = judge_all(record, slos, figures);
  const auto broken = std::find_if(record.slos.begin(), record.slos.end(),
                                   [](const SloResult& slo) { return !slo.ok; });
  const int by_thresholds = static_cast<int>(ExitCode::kSloFailed);
  if (record.exit_code != 0 && record.exit_code != by_thresholds) return;
  const bool holds = broken == record.slos.end();
  record.exit_code = holds ? 0 : by_thresholds;
  record.verdict = holds ? "pass" : "fail";
  record.headline = holds ? "every threshold holds for the shards together"
                          : "broken by the shards together: " + text_of(*broken);
}

Result<MergedRun> read_runs(const std::vector<std::string>& directories) {
  std::vector<RunRecord> records;
  for (const auto& directory : directories) {
    auto record = read_run_report(directory);
    if (!record) return record.error();
    records.push_back(std::move(*record));
  }
  // One report is shown as it is, be it a shard or a whole.
  if (records.size() == 1) return MergedRun{std::move(records.front()), {}};
  auto merged = merge(records);
  if (merged) judge_again(merged->record, records.front(), figures_of(records));
  return merged;
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
