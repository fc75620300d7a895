// Checks for our own mistakes: compiled into every build, never used on user input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cqrs {

[[noreturn]] inline void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "internal check failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace cqrs

// Aborts when `expression` is false: the process state is not what its author proved it to be, and
// continuing could acknowledge a write that was never stored.
#define CQRS_CHECK(expression)                               \
  do {                                                       \
    if (!(expression)) {                                     \
      ::cqrs::check_failed(#expression, __FILE__, __LINE__); \
    }                                                        \
  } while (false)
