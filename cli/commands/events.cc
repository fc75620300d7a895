#include "core/verify/record_edge.h"
#include "core/wiring/stores.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <CLI/CLI.hpp>

#include <limits>
#include <thread>

namespace cqrs {
namespace {

void print_event(const Event& event, const Context& context) {
  if (context.json()) {
    std::string line;
    append_cloud_event(line, event);
    context.out << line << "\n";
    return;
  }
  context.out << event.position << "  " << to_string(event.recorded_at) << "  " << event.type
              << "  " << to_string(event.stream.id) << "  v" << event.version << "  " << event.data
              << "\n";
}

struct TailOptions {
  std::uint64_t last = 10;
  bool follow = false;
};

ExitCode run_tail(const TailOptions& options, Context& context) {
  auto history = stored::open_history({context.options.data_dir});
  if (!history) return fail(context, history.error());
  auto head = (*history)->head();
  if (!head) return fail(context, head.error());
  Position at = std::max<Position>(0, *head - static_cast<Position>(options.last));
  while (!context.interrupted) {
    auto events = (*history)->read(at, 1'000);
    if (!events) return fail(context, events.error());
    for (const auto& event : *events) print_event(event, context);
    if (!events->empty()) {
      at = events->back().position;
      context.out << std::flush;
    } else if (!options.follow) {
      break;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  return ExitCode::kDone;
}

Result<std::vector<Event>> events_of_entity(History& history, const Uuid& id) {
  std::vector<Event> found;
  for (const Kind kind : kAllKinds) {
    auto events = history.read_stream({kind, id}, 0, 100'000);
    if (!events) return events.error();
    found.insert(found.end(), events->begin(), events->end());
  }
  return found;
}

Result<std::vector<Event>> event_at(History& history, const std::string& text) {
  auto parsed = parse_count(text, "EVENT", std::numeric_limits<std::int64_t>::max() / 2);
  if (!parsed || *parsed == 0) {
    return invalid("EVENT", "EVENT must be a position from 1 or the UUID of an entity");
  }
  const auto position = static_cast<Position>(*parsed);
  auto events = history.read(position - 1, 1);
  if (events && !events->empty() && events->front().position != position) events->clear();
  return events;
}

// By position, or every event of the entity with this id, whatever its kind.
ExitCode run_show(const std::string& what, Context& context) {
  auto history = stored::open_history({context.options.data_dir});
  if (!history) return fail(context, history.error());
  const auto id = parse_uuid(what);
  auto found = id ? events_of_entity(**history, *id) : event_at(**history, what);
  if (!found) return fail(context, found.error());
  if (found->empty()) {
    return fail(context, make_error(ErrorCode::kNotFound,
                                    "no event for " + what + ": cqrsctl status shows the head"));
  }
  for (const auto& event : *found) print_event(event, context);
  return ExitCode::kDone;
}

ExitCode run_lag(Context& context) {
  auto sources = stored::open_sources({context.options.data_dir});
  if (!sources) return fail(context, sources.error());
  // Applied before head: the lag can only be overstated.
  auto applied = sources->views->position();
  if (!applied) return fail(context, applied.error());
  auto head = sources->record->head();
  if (!head) return fail(context, head.error());
  const auto lag = *head - *applied;
  if (context.json()) {
    context.out << Json{{"head_position", *head},
                        {"applied_position", *applied},
                        {"lag", {{"records", lag}}}}
                       .dump()
                << "\n";
  } else {
    context.out << "head " << grouped(*head) << "   applied " << grouped(*applied) << "   lag "
                << grouped(lag) << " records\n";
  }
  return ExitCode::kDone;
}

ExitCode run_check(Context& context) {
  auto sources = stored::open_record({context.options.data_dir});
  if (!sources) return fail(context, sources.error());
  Findings findings;
  std::int64_t events = 0;
  for (const Kind kind : kAllKinds) {
    auto check = check_record(*sources->record, *sources->streams, kind, false, findings);
    if (!check) return fail(context, check.error());
    events += check->events;
  }
  if (context.json()) {
    context.out << Json{{"verdict", findings.total() == 0 ? "pass" : "fail"},
                        {"events", events},
                        {"lost", findings.count(Difference::kLost)},
                        {"dup", findings.count(Difference::kDuplicate)},
                        {"stale", findings.count(Difference::kStale)},
                        {"order", findings.count(Difference::kOrder)}}
                       .dump()
                << "\n";
  } else {
    context.out << grouped(events) << " events   lost " << findings.count(Difference::kLost)
                << "   duplicates " << findings.count(Difference::kDuplicate) << "   out of order "
                << findings.count(Difference::kOrder) << "   streams behind "
                << findings.count(Difference::kStale) << "\n";
    for (const auto& finding : findings.first) {
      context.out << "  " << difference_name(finding.kind) << "  " << kind_name(finding.entity.kind)
                  << " " << to_string(finding.entity.id) << "  position " << finding.position
                  << "  expected " << finding.expected << ", found " << finding.actual << "\n";
    }
  }
  return findings.total() == 0 ? ExitCode::kDone : ExitCode::kDifferences;
}

void add_export(CLI::App& events, Action& action) {
  auto* command = events.add_subcommand(
      "export",
      "Write events as CloudEvents, one JSON object per line, and a last line with their "
      "count and SHA-256");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("--from", options->from, "Position of the first")->capture_default_str();
  command->add_option("--to", options->to, "Position of the last; default: the head");
  command->add_option("--out", options->out, "A new file; default: stdout");
  command->footer(
      "Events are not everything: idempotency records and credentials stay behind.\n"
      "Example: cqrsctl events export --out events.jsonl");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_export(*options, context); };
  });
}

void add_import(CLI::App& events, Action& action) {
  auto* command = events.add_subcommand(
      "import", "Make a system out of exported events, as they were, in an empty data directory");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("FILE", options->files, "What was exported; several parts in their order")
      ->required();
  command->add_flag("--execute", options->execute,
                    "Carry it out; without it everything is checked and nothing kept");
  command->footer(
      "Idempotency records and credentials are no part of events: a command that was sent to the\n"
      "old system can be sent again to the new one, and nobody has a password there.\n"
      "Example: cqrsctl --data-dir /srv/copy events import events.jsonl --execute");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_import(*options, context); };
  });
}

}  // namespace

void add_events(CLI::App& app, Action& action) {
  auto* events = app.add_subcommand("events", "Look at the record, export and import it");
  events->require_subcommand(1);
  events->footer("Example: cqrsctl events tail --last 5 -f");

  auto* tail = events->add_subcommand("tail", "Print the last events");
  auto options = std::make_shared<TailOptions>();
  tail->add_option("--last", options->last, "How many of the last events")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000}).description(""));
  tail->add_flag("-f,--follow", options->follow, "Wait for more until interrupted");
  tail->footer("Example: cqrsctl events tail --last 5 -f");
  tail->callback([options, &action] {
    action = [options](Context& context) { return run_tail(*options, context); };
  });

  auto* show = events->add_subcommand("show", "One event by position, or all of an entity");
  auto what = std::make_shared<std::string>();
  show->add_option("EVENT", *what, "Position, or UUID of an entity")->required();
  show->footer("Example: cqrsctl events show 1");
  show->callback(
      [what, &action] { action = [what](Context& context) { return run_show(*what, context); }; });

  add_export(*events, action);
  add_import(*events, action);

  auto* lag = events->add_subcommand("lag", "How far the live views are behind");
  lag->footer("Example: cqrsctl events lag");
  lag->callback([&action] { action = [](Context& context) { return run_lag(context); }; });
  auto* check =
      events->add_subcommand("check", "Order, gaps and duplicates of every aggregate's events");
  check->footer("Example: cqrsctl events check");
  check->callback([&action] { action = [](Context& context) { return run_check(context); }; });
}

}  // namespace cqrs
