// Runs a program that a profile or a scenario names, and waits for its end.
#pragma once

#include "core/base/result.h"

#include <atomic>
#include <string>
#include <vector>

namespace cqrs {

// `words`: the program, found along PATH, and its arguments; no shell. Its output goes to stderr.
// It is killed after 60 seconds, or when interrupted. Errors: unavailable (it cannot be started,
// fails, or does not end).
[[nodiscard]] Status run_command(const std::vector<std::string>& words,
                                 const std::atomic<bool>& interrupted);

}  // namespace cqrs
