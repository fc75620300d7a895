#include "cli/commands/commands.h"
#include "cli/commands/repair_file.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

namespace cqrs {
namespace {

// Reads the whole plan, so that a damaged one is refused before anything is changed.
Result<RepairSummary> summarise(const RepairFile& file, const RepairOptions& options,
                                std::vector<std::string>& lines) {
  RepairSummary summary;
  summary.path = options.file;
  CQRS_TRY(file.each([&](const RepairItem& item) -> Status {
    ++summary.counts[static_cast<std::size_t>(item.action)];
    if (lines.size() < options.limit) lines.push_back(sentence(item));
    return {};
  }));
  return summary;
}

std::int64_t total(const RepairSummary& summary) {
  std::int64_t sum = 0;
  for (const auto count : summary.counts) sum += count;
  return sum;
}

ExitCode show(const RepairSummary& summary, const std::vector<std::string>& lines,
              Context& context) {
  if (context.json()) {
    Json out = json_of(summary);
    out["verdict"] = "planned";
    out["executed"] = false;
    out["items"] = lines;
    context.out << out.dump() << "\n";
    return ExitCode::kDone;
  }
  context.out << "plan (nothing was changed; stop the system with cqrsctl down and add --execute "
                 "to carry it out)\n";
  for (const auto& line : lines) context.out << "  " << line << "\n";
  const auto more = total(summary) - static_cast<std::int64_t>(lines.size());
  if (more > 0) context.out << "  and " << grouped(more) << " more: raise --limit\n";
  print(summary, context.out);
  return ExitCode::kDone;
}

ExitCode carry_out(const RepairFile& file, const RepairHeader& header, RepairSummary summary,
                   const RepairConsent& consent, Context& context) {
  const EachRepair each = [&](const std::function<Status(const RepairItem&)>& take) {
    return file.each(take);
  };
  auto outcome = apply_repair({context.options.data_dir}, header, each, consent);
  if (!outcome) return fail(context, outcome.error());
  const bool whole = outcome->skipped == 0 && outcome->impossible == 0;
  if (context.json()) {
    Json out = json_of(summary);
    out["verdict"] = whole ? "pass" : "fail";
    out["executed"] = true;
    out["applied"] = outcome->applied;
    out["skipped"] = outcome->skipped;
    context.out << out.dump() << "\n";
  } else {
    print(summary, context.out);
    context.out << "applied     " << grouped(outcome->applied) << "\n";
    if (outcome->skipped > 0) {
      context.out << "skipped     " << grouped(outcome->skipped)
                  << " that are no longer what the plan saw, or whose events are parked\n";
    }
    if (outcome->impossible > 0) {
      context.out << "impossible  " << grouped(outcome->impossible)
                  << " that nothing in the record can mend; cqrsctl repair " << summary.path
                  << " tells why\n";
    }
    context.out << "next        cqrsctl up, then cqrsctl verify --mode deep\n"
                << "verdict     " << (whole ? "pass" : "fail") << "\n";
  }
  return whole ? ExitCode::kDone : ExitCode::kDifferences;
}

}  // namespace

ExitCode run_repair(const RepairOptions& options, Context& context) {
  const RepairFile file(options.file);
  auto header = file.header();
  if (!header) return fail(context, header.error());
  std::vector<std::string> lines;
  auto summary = summarise(file, options, lines);
  if (!summary) return fail(context, summary.error());
  if (!options.execute) return show(*summary, lines, context);
  return carry_out(file, *header, std::move(*summary), {options.renew_topics}, context);
}

void add_repair(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "repair", "Mend what verify found, by a plan of verify --emit-repair, while nothing runs");
  auto options = std::make_shared<RepairOptions>();
  command->add_option("FILE", options->file, "The plan")->required();
  command->add_flag("--execute", options->execute, "Carry it out; without it the plan is shown");
  command->add_flag(
      "--renew-topics", options->renew_topics,
      "Standard profile: where the topics would differ from the mended record, delete "
      "them and let the relay fill them anew");
  command->add_option("--limit", options->limit, "How many items to show")
      ->check(CLI::Range(0, 10'000'000).description(""))
      ->capture_default_str();
  command->footer(
      "Example: cqrsctl verify --mode deep --emit-repair plan.jsonl; cqrsctl down; "
      "cqrsctl repair plan.jsonl --execute; cqrsctl up\n"
      "Exit code: 0 everything was mended, 1 something was skipped or is beyond repair, 2 the "
      "system runs, this is no plan for it, or it needs --renew-topics.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_repair(*options, context); };
  });
}

}  // namespace cqrs
