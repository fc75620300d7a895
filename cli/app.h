// The command line as a whole: global options, every command, what happens around them.
#pragma once

namespace cqrs {

// Parses and runs; returns the process's exit code.
[[nodiscard]] int run_app(int argc, char** argv);

}  // namespace cqrs
