// The exit codes of cqrsctl. Stable: scripts rely on them.
#pragma once

#include "core/base/result.h"

namespace cqrs {

enum class ExitCode : int {
  kDone = 0,
  kDifferences = 1,
  kUsage = 2,
  kUnavailable = 3,
  kInconclusive = 4,
  kInvalidRun = 5,
  kSloFailed = 99,
  kInterrupted = 130,
};

// The one table from errors to exit codes: what the user typed is 2, everything that a dependency
// did is 3.
[[nodiscard]] inline ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kAlreadyExists:
      return ExitCode::kUsage;
    default:
      return ExitCode::kUnavailable;
  }
}

}  // namespace cqrs
