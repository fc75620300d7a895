// The configuration file: INI or TOML, options by their long names, a [section] per command.
#pragma once

#include "core/base/result.h"

#include <CLI/CLI.hpp>

#include <string>

namespace cqrs {

// Reads the file's values into the options as their defaults, so that flag > environment > file >
// built-in default. Error invalid: names the file and the option that does not exist.
[[nodiscard]] Status apply_config_file(CLI::App& app, const std::string& path);

// The value of -c or --config among the arguments, or of CQRSCTL_CONFIG; empty when there is none.
[[nodiscard]] std::string config_path(int argc, char** argv);

}  // namespace cqrs
