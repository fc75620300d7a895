// Phases out of the words of `cqrsctl load`. For load_words.cc only.
#pragma once

#include "cli/load/load_words.h"

#include <chrono>
#include <string>

namespace cqrs::load {

// Makes the phases of `scenario`, or changes those that a file gave it. Errors: invalid, the field
// is the option.
[[nodiscard]] Status apply_shape(const LoadWords& words, Scenario& scenario);

// "250ms", "10s": error invalid names `option` and both limits.
[[nodiscard]] Result<std::chrono::microseconds> read_time(const std::string& text,
                                                          const char* option,
                                                          std::chrono::microseconds least,
                                                          std::chrono::microseconds most);

}  // namespace cqrs::load
