#include "cli/app.h"

#include "core/base/failpoint.h"

#include "cli/commands/commands.h"
#include "cli/config_file.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <unistd.h>

namespace cqrs {
namespace {

std::atomic<bool> interrupted{false};

// A second Ctrl-C ends at once.
void on_interrupt(int /*signal*/) {
  if (interrupted.exchange(true)) ::_exit(static_cast<int>(ExitCode::kInterrupted));
}

// XDG: $XDG_STATE_HOME, else ~/.local/state.
std::string state_directory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/cqrs";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "/tmp" : home) + "/.local/state/cqrs";
}

// Options that are words on the command line and choices everywhere else.
struct Words {
  std::string config;
  std::string output = "text";
  std::string progress = "auto";
  bool no_color = false;
};

void declare_globals(CLI::App& app, GlobalOptions& options, Words& words) {
  app.set_version_flag("--version", std::string("cqrsctl ") + CQRS_VERSION);
  app.add_option("-c,--config", words.config,
                 "Configuration file (flag > environment > file > default)");
  app.add_option("--data-dir", options.data_dir,
                 "Directory of the system; default: " + state_directory() + "/default")
      ->envname("CQRSCTL_DATA_DIR");
  app.add_option("--profile", options.profile, "Kind of system: embedded or standard")
      ->check(CLI::IsMember({"embedded", "standard"}))
      ->capture_default_str()
      ->envname("CQRSCTL_PROFILE");
  app.add_option("--target", options.target,
                 "A system elsewhere: its profile (FILE.json), or a cqrsd as http://HOST:PORT")
      ->envname("CQRSCTL_TARGET");
  app.add_flag("--allow-remote", options.allow_remote,
               "Let --target be on another machine: load can do harm there");
  app.add_option("-o,--output", words.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->envname("CQRSCTL_OUTPUT");
  app.add_option("--progress", words.progress, "auto, line or none")
      ->check(CLI::IsMember({"auto", "line", "none"}))
      ->capture_default_str()
      ->envname("CQRSCTL_PROGRESS");
  app.add_option("--report-dir", options.report_dir,
                 "Where reports go; default: in the data directory")
      ->envname("CQRSCTL_REPORT_DIR");
  app.add_flag("-q,--quiet", options.quiet, "No progress");
  // There is no colour to leave away; scripts that ask for none must not fail for it.
  app.add_flag("--no-color", words.no_color, "No colour; there is none");
}

bool wants_json(int argc, char** argv) {
  const char* environment = std::getenv("CQRSCTL_OUTPUT");
  bool json = environment != nullptr && std::string_view(environment) == "json";
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool named = word == "-o" || word == "--output";
    if (named && i + 1 < argc) json = std::string_view(argv[i + 1]) == "json";
    if (word == "-ojson" || word == "--output=json") json = true;
  }
  return json;
}

// CLI11 asks for a command even when one was named that does not exist, and names what it does not
// know in the order of its own.
std::string complaint(const CLI::App& command, const std::vector<std::string>& unknown,
                      const CLI::ParseError& error) {
  const bool commands = !command.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (!unknown.empty() && unknown.front().starts_with('-')) {
    return "there is no option " + unknown.front();
  }
  if (!unknown.empty() && commands) return "there is no command \"" + unknown.front() + "\"";
  if (!unknown.empty()) return "\"" + unknown.front() + "\" is not expected here";
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && commands) {
    return "a command is missing";
  }
  return error.what();
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string line = "cqrsctl";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    line += " " + command->get_name();
  }
  return invalid("", complaint(*command, app.remaining(true), error) + ": run " + line +
                         " --help for what there is");
}

// A system elsewhere has a data directory of its own here, for its ledgers and reports.
std::string target_directory(const std::string& target) {
  std::string name = target.starts_with("http://") ? target.substr(7) : target;
  if (const auto slash = name.find_last_of('/'); slash != std::string::npos) {
    name = slash + 1 == name.size() ? name.substr(0, slash) : name.substr(slash + 1);
  }
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  std::replace(name.begin(), name.end(), ':', '-');
  return state_directory() + "/targets/" + name;
}

// What works through the network alone; the other commands need the stores, or processes.
Status check_target(const CLI::App& app, const GlobalOptions& options) {
  if (options.target.empty()) return {};
  const std::string name = app.get_subcommands().front()->get_name();
  for (const char* works : {"seed", "load", "verify", "chaos", "knee", "ledger", "completion"}) {
    if (name == works) return {};
  }
  return invalid("--target", "cqrsctl " + name +
                                 " does not work with --target: it needs the data directory of a "
                                 "system of ours (--data-dir)");
}

std::string joined(int argc, char** argv) {
  std::string line = "cqrsctl";
  for (int i = 1; i < argc; ++i) line += std::string(" ") + argv[i];
  return line;
}

}  // namespace

int run_app(int argc, char** argv) {
  CLI::App app(
      "cqrsctl drives, loads, verifies and replays a CQRS system, and proves that no "
      "acknowledged write was lost.");
  GlobalOptions options;
  Words words;
  Action action;
  declare_globals(app, options, words);
  app.require_subcommand(1);
  app.fallthrough();
  add_demo(app, action);
  add_up(app, action);
  add_down(app, action);
  add_status(app, action);
  add_doctor(app, action);
  add_seed(app, action);
  add_load(app, action);
  add_knee(app, action);
  add_chaos(app, action);
  add_verify(app, action);
  add_repair(app, action);
  add_replay(app, action);
  add_ceilings(app, action);
  add_growth(app, action);
  add_report(app, action);
  add_compare(app, action);
  add_events(app, action);
  add_migrate(app, action);
  add_topics(app, action);
  add_connector(app, action);
  add_ledger(app, action);
  add_proxy(app, action);
  add_completion(app, action);
  app.footer("Start here: cqrsctl demo");
  options.command_line = joined(argc, argv);

  Context context{options, std::cout, std::cerr, interrupted};
  // Known before parsing, because parsing is what may fail.
  if (wants_json(argc, argv)) context.options.output = OutputFormat::kJson;
  if (const char* text = std::getenv(failpoint::kVariable); text != nullptr) {
    if (auto armed = failpoint::arm(text); !armed) {
      return static_cast<int>(fail(context, armed.error()));
    }
  }
  if (const auto path = config_path(argc, argv); !path.empty()) {
    if (auto status = apply_config_file(app, path); !status) {
      return static_cast<int>(fail(context, status.error()));
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return static_cast<int>(fail(context, usage_error(app, error)));
  }
  if (auto good = check_target(app, options); !good) {
    return static_cast<int>(fail(context, good.error()));
  }
  if (options.data_dir.empty() && !options.target.empty()) {
    options.data_dir = target_directory(options.target);
  } else if (options.data_dir.empty()) {
    // A demo never touches the data of a system that is in use.
    options.data_dir = state_directory() + (app.got_subcommand("demo") ? "/demo" : "/default");
  }
  options.output = words.output == "json" ? OutputFormat::kJson : OutputFormat::kText;
  options.progress = words.progress == "line"   ? ProgressMode::kLine
                     : words.progress == "none" ? ProgressMode::kNone
                                                : ProgressMode::kAuto;
  context.options = options;
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  return static_cast<int>(action(context));
}

}  // namespace cqrs
