// Sets repeated runs side by side, and fails when a figure got worse for certain.
#include "core/wiring/data_dir.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"
#include "cli/report/comparison.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

Result<ComparedRuns> read_side(const std::vector<std::string>& directories) {
  ComparedRuns side;
  for (const auto& words : directories) {
    for (const auto& directory : CLI::detail::split(words, ',')) {
      auto record = read_run_report(directory);
      if (!record) return record.error();
      side.names.push_back(directory);
      side.records.push_back(std::move(*record));
    }
  }
  return side;
}

// BASE NEW, or --base and --new.
Result<CompareOptions> sides_of(const CompareOptions& options) {
  CompareOptions out = options;
  const bool named = !out.base.empty() || !out.changed.empty();
  if (named && out.sides.empty() && !out.base.empty() && !out.changed.empty()) return out;
  if (named || out.sides.size() != 2) {
    return invalid("BASE",
                   "give two sides: BASE NEW, each one report directory or several with commas "
                   "between them, or --base DIR... --new DIR...");
  }
  out.base = {out.sides[0]};
  out.changed = {out.sides[1]};
  return out;
}

Result<RunComparison> compared(const CompareOptions& options) {
  std::optional<double> limit;
  if (!options.max_regression.empty()) {
    auto share = parse_share(options.max_regression, "--max-regression");
    if (!share) return share.error();
    limit = *share;
  }
  auto sides = sides_of(options);
  if (!sides) return sides.error();
  auto base = read_side(sides->base);
  if (!base) return base.error();
  auto changed = read_side(sides->changed);
  if (!changed) return changed.error();
  return compare(*base, *changed, limit);
}

Status write_comparison(const std::string& directory, const RunComparison& comparison) {
  CQRS_TRY(create_directory(directory));
  CQRS_TRY(write_file(directory + "/comparison.json", json_of(comparison).dump(2) + "\n"));
  return write_file(directory + "/comparison.md", markdown_of(comparison));
}

}  // namespace

ExitCode run_compare(const CompareOptions& options, Context& context) {
  const auto comparison = compared(options);
  if (!comparison) {
    const bool typed = comparison.error().code == ErrorCode::kNotFound;
    return typed ? fail(context, comparison.error(), ExitCode::kUsage)
                 : fail(context, comparison.error());
  }
  if (!options.out.empty()) {
    if (auto status = write_comparison(options.out, *comparison); !status) {
      return fail(context, status.error());
    }
  }
  if (context.json()) {
    context.out << json_of(*comparison).dump(2) << "\n";
  } else {
    print(*comparison, context.out);
  }
  if (comparison->verdict == "fail") return ExitCode::kSloFailed;
  return comparison->verdict == "inconclusive" ? ExitCode::kInconclusive : ExitCode::kDone;
}

void add_compare(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "compare", "Compare repeated runs: medians, ratios with 95 % intervals, worst regression");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("SIDES", options->sides,
                      "BASE NEW: report directories, several of one side with commas between them");
  command->add_option("--base", options->base, "Report directories before the change");
  command->add_option("--new", options->changed, "Report directories after it");
  command->add_option("--max-regression", options->max_regression,
                      "Fail (99) when a figure is worse by more than this for certain, e.g. 10%");
  command->add_option("--out", options->out, "Write comparison.json and comparison.md there");
  command->footer(
      "Example: cqrsctl compare old-1,old-2,old-3,old-4 new-1,new-2,new-3,new-4 "
      "--max-regression 10%");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_compare(*options, context); };
  });
}

}  // namespace cqrs
