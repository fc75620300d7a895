// What every command is given: the global options, where to print, and whether it was interrupted.
#pragma once

#include "core/base/json_tree.h"

#include "cli/output/exit_code.h"

#include <atomic>
#include <ostream>
#include <string>

namespace cqrs {

enum class OutputFormat : std::uint8_t { kText, kJson };
enum class ProgressMode : std::uint8_t { kAuto, kLine, kNone };

struct GlobalOptions {
  std::string profile = "embedded";  // for what up starts; later the directory knows
  std::string data_dir;              // resolved: never empty when a command runs
  OutputFormat output = OutputFormat::kText;
  ProgressMode progress = ProgressMode::kAuto;
  bool quiet = false;
  std::string report_dir;  // empty: inside the data directory
  std::string command_line;
  std::string target;  // a profile of a foreign system, or the address of a cqrsd; empty: ours here
  bool allow_remote = false;
};

struct Context {
  GlobalOptions options;
  std::ostream& out;  // results
  std::ostream& err;  // progress and logs
  std::atomic<bool>& interrupted;

  [[nodiscard]] bool json() const { return options.output == OutputFormat::kJson; }
  // A line for people on stderr, dropped by -q.
  void say(const std::string& line) const {
    if (!options.quiet) err << line << "\n" << std::flush;
  }
};

// Prints the error (text on stderr, and as an object on stdout with -o json) and gives its exit
// code.
[[nodiscard]] ExitCode fail(const Context& context, const Error& error);
[[nodiscard]] ExitCode fail(const Context& context, const Error& error, ExitCode code);

}  // namespace cqrs
