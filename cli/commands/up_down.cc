#include "cli/commands/commands.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <filesystem>

namespace cqrs {
namespace {

ExitCode tell_running(const RunningSystem& system, bool was_running, const Context& context) {
  if (context.json()) {
    context.out << Json{{"profile", "embedded"},
                        {"url", system.url},
                        {"pid", system.pid},
                        {"data_dir", context.options.data_dir},
                        {"was_running", was_running}}
                       .dump()
                << "\n";
  } else {
    context.out << (was_running ? "already running" : "running") << "   " << system.url << "\n"
                << "  profile   embedded (one process, pid " << system.pid << ")\n"
                << "  data      " << context.options.data_dir << "\n"
                << "  next      cqrsctl seed, cqrsctl verify, cqrsctl status, cqrsctl down\n";
  }
  return ExitCode::kDone;
}

// Checked here as well as by the service, so that nothing is made before it is known to be right.
Status check_listen(const std::string& listen) {
  const auto colon = listen.rfind(':');
  int port = -1;
  if (colon != std::string::npos && colon > 0) {
    const char* end = listen.data() + listen.size();
    const auto [stop, error] = std::from_chars(listen.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end) port = -1;
  }
  if (port >= 0 && port <= 65'535) return {};
  return invalid("--listen",
                 "--listen must be ADDRESS:PORT like 127.0.0.1:8080, not \"" + listen + "\"");
}

}  // namespace

ExitCode run_up(const UpOptions& options, Context& context) {
  if (auto status = check_listen(options.listen); !status) return fail(context, status.error());
  const DataDir dir{context.options.data_dir};
  if (auto system = find_running(dir)) {
    if (options.demo_data) {
      return fail(context, invalid("--demo-data",
                                   "--demo-data is for the start, and a system runs here already: "
                                   "cqrsctl down, then cqrsctl up --demo-data"));
    }
    if (options.rebuild_views) {
      return fail(context,
                  invalid("--rebuild-views",
                          "--rebuild-views is for the start, and a system runs here already: "
                          "cqrsctl replay --execute --switch, or cqrsctl down first"));
    }
    return tell_running(*system, true, context);
  }
  StartOptions start;
  start.listen = options.listen;
  start.rebuild_views = options.rebuild_views;
  start.demo_data = options.demo_data;
  start.allow_import = options.allow_import;
  auto system = start_system(dir, start);
  if (!system) return fail(context, system.error());
  return tell_running(*system, false, context);
}

void add_up(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("up", "Start a local system in the background");
  auto options = std::make_shared<UpOptions>();
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 lets the system choose")
      ->capture_default_str();
  command->add_flag(
      "--rebuild-views", options->rebuild_views,
      "Fill new views from the first event; the present ones stay for cqrsctl replay drop");
  command->add_flag("--demo-data", options->demo_data,
                    "Publish a small shop to look around in, unless that was done before");
  command->add_flag("--allow-import", options->allow_import,
                    "Let users be created with a ready passwordHash, by anybody who can reach the "
                    "server; an admin scope will replace this");
  command->footer("Example: cqrsctl up --listen 127.0.0.1:8080");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_up(*options, context); };
  });
}

ExitCode run_down(const DownOptions& options, Context& context) {
  auto patience = parse_duration(options.timeout, "--wait");
  if (!patience) return fail(context, patience.error());
  const DataDir dir{context.options.data_dir};
  auto system = find_running(dir);
  if (!system) return fail(context, system.error());
  if (auto status = stop_system(dir, *system, *patience); !status) {
    return fail(context, status.error());
  }
  if (context.json()) {
    context.out << Json{{"stopped", true}, {"pid", system->pid}}.dump() << "\n";
  } else {
    context.out << "stopped   pid " << system->pid << ", every accepted request was answered\n";
  }
  return ExitCode::kDone;
}

void add_down(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("down", "Stop the local system gracefully; its data stays");
  auto options = std::make_shared<DownOptions>();
  command->add_option("--wait", options->timeout, "How long to wait for its end")
      ->capture_default_str();
  command->footer("Example: cqrsctl down");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_down(*options, context); };
  });
}

}  // namespace cqrs
