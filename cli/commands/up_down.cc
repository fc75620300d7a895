#include "cli/commands/commands.h"
#include "cli/faults/proxy_start.h"
#include "cli/output/units.h"
#include "cli/system/running.h"
#include "cli/system/standard.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

namespace cqrs {
namespace {

ExitCode tell_running(const RunningSystem& system, bool was_running, const Context& context) {
  if (context.json()) {
    context.out << Json{{"profile", system.profile},
                        {"url", system.url},
                        {"pid", system.pid},
                        {"data_dir", context.options.data_dir},
                        {"was_running", was_running}}
                       .dump()
                << "\n";
    return ExitCode::kDone;
  }
  context.out << (was_running ? "already running" : "running") << "   " << system.url << "\n"
              << "  profile   " << system.profile << " ("
              << (system.processes.size() == 1
                      ? "one process, pid " + std::to_string(system.pid)
                      : std::to_string(system.processes.size()) + " processes: cqrsctl status")
              << ")\n"
              << "  data      " << context.options.data_dir << "\n"
              << "  next      cqrsctl seed, cqrsctl verify, cqrsctl status, cqrsctl down\n";
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

// What is for the start only cannot be had from a system that runs.
Status check_start_only(const UpOptions& options) {
  if (options.demo_data) {
    return invalid("--demo-data",
                   "--demo-data is for the start, and a system runs here already: "
                   "cqrsctl down, then cqrsctl up --demo-data");
  }
  if (options.rebuild_views) {
    return invalid("--rebuild-views",
                   "--rebuild-views is for the start, and a system runs here already: "
                   "cqrsctl replay --execute --switch, or cqrsctl down first");
  }
  return {};
}

StartOptions start_options(const UpOptions& options) {
  StartOptions start;
  start.listen = options.listen;
  start.rebuild_views = options.rebuild_views;
  start.demo_data = options.demo_data;
  start.allow_import = options.allow_import;
  start.bench_routes = options.bench_routes;
  return start;
}

Result<std::map<std::string, int>> parse_replicas(const std::vector<std::string>& words) {
  std::map<std::string, int> replicas;
  for (const auto& word : words) {
    const auto equals = std::min(word.find('='), word.size());
    const std::string role = word.substr(0, equals);
    const std::string number = word.substr(std::min(equals + 1, word.size()));
    const bool known =
        std::find(kStandardRoles.begin(), kStandardRoles.end(), role) != kStandardRoles.end();
    const bool one_digit = number.size() == 1 && number.front() >= '0' && number.front() <= '9';
    if (!known || !one_digit || (role == "gateway" && number != "1")) {
      return invalid("--replicas", "--replicas: \"" + word.substr(0, 64) +
                                       "\" is not ROLE=N with N from 0 to 9 and ROLE command, "
                                       "relay, projector or query");
    }
    replicas[role] = number.front() - '0';
  }
  return replicas;
}

Result<RunningSystem> up_standard(const UpOptions& options, const DataDir& dir) {
  std::error_code ignored;
  if (std::filesystem::exists(dir.write_db(), ignored)) {
    return invalid("--profile", dir.root +
                                    " holds a system of the embedded profile: choose another "
                                    "directory with --data-dir");
  }
  StandardStart start;
  auto config = config_of(options.standard, dir);
  if (!config) return config.error();
  start.config = std::move(*config);
  auto replicas = parse_replicas(options.replicas);
  if (!replicas) return replicas.error();
  start.replicas = std::move(*replicas);
  auto proxied = parse_proxied_servers(options.fault_proxy);
  if (!proxied) return proxied.error();
  start.fault_proxy = std::move(*proxied);
  start.service = start_options(options);
  return start_standard(dir, start);
}

// What only the standard profile has.
Status check_profile(const UpOptions& options, bool standard) {
  if (standard || options.fault_proxy.empty()) return {};
  return invalid("--fault-proxy",
                 "--fault-proxy stands before servers, and the embedded profile has none: add "
                 "--profile standard");
}

// A directory stays what it was made as.
Result<bool> is_standard(const Context& context, const DataDir& dir) {
  auto made = read_standard_config(dir);
  if (!made) return made.error();
  return made->has_value() || context.options.profile == "standard";
}

bool all_alive(const RunningSystem& system) {
  return std::all_of(system.processes.begin(), system.processes.end(),
                     [](const RoleProcess& process) { return alive(process); });
}

}  // namespace

ExitCode run_up(const UpOptions& options, Context& context) {
  if (auto status = check_listen(options.listen); !status) return fail(context, status.error());
  const DataDir dir{context.options.data_dir};
  auto standard = is_standard(context, dir);
  if (!standard) return fail(context, standard.error());
  if (auto status = check_profile(options, *standard); !status) {
    return fail(context, status.error());
  }
  // A system with dead processes or other replicas than wanted is completed.
  auto system = find_running(dir);
  if (system && all_alive(*system) && options.replicas.empty() && options.fault_proxy.empty()) {
    if (auto status = check_start_only(options); !status) return fail(context, status.error());
    return tell_running(*system, true, context);
  }
  auto started = *standard ? up_standard(options, dir) : start_system(dir, start_options(options));
  if (!started) return fail(context, started.error());
  return tell_running(*started, false, context);
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
  command->add_flag("--bench-routes", options->bench_routes,
                    "Serve POST /v1/noop, which does nothing, for measuring HTTP alone");
  add_standard_flags(*command, options->standard);
  command->add_option("--replicas", options->replicas,
                      "Standard profile: ROLE=N, repeatable; default 1 of each");
  command->add_option("--fault-proxy", options->fault_proxy,
                      "Standard profile: put a proxy that can freeze, cut and delay between the "
                      "roles and these servers, postgres,redis,mongo or some of them");
  command->footer(
      "Examples:\n"
      "  cqrsctl up --listen 127.0.0.1:8080\n"
      "  scripts/parts up && cqrsctl up --profile standard --replicas command=2\n"
      "Servers are taken from the options, else as this system was made, else from scripts/parts.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_up(*options, context); };
  });
}

ExitCode run_down(const DownOptions& options, Context& context) {
  auto patience = parse_duration(options.timeout, "--wait");
  if (!patience) return fail(context, patience.error());
  const DataDir dir{context.options.data_dir};
  auto system = find_running(dir);
  // Of the standard profile some processes may live on without the one that serves.
  if (!system) {
    auto left = read_run_file(dir);
    if (left && std::any_of(left->processes.begin(), left->processes.end(),
                            [](const RoleProcess& process) { return alive(process); })) {
      system = std::move(left);
    }
  }
  if (!system) return fail(context, system.error());
  if (auto status = stop_system(dir, *system, *patience); !status) {
    return fail(context, status.error());
  }
  if (context.json()) {
    context.out << Json{{"stopped", true}, {"pid", system->pid}}.dump() << "\n";
  } else {
    context.out << "stopped   "
                << (system->processes.size() == 1
                        ? "pid " + std::to_string(system->pid)
                        : std::to_string(system->processes.size()) + " processes")
                << ", every accepted request was answered\n";
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
