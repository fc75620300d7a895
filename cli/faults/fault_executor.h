// [PORT] Who does what a timeline of faults says. The real one is SystemFaults; tests record.
#pragma once

#include "core/base/result.h"
#include "core/workload/scenario.h"

#include <string>

namespace cqrs {

class FaultExecutor {
 public:
  virtual ~FaultExecutor() = default;

  // Whether this can be done here; touches nothing. Error: invalid (the system has no such part, or
  // this cannot be done to it: says what can).
  [[nodiscard]] virtual Status check(const Fault& fault) const = 0;
  // Does it and returns when it is done: of a restart, when it serves again. Errors: not_found (it
  // does not run), forbidden, timeout, unavailable, invalid.
  [[nodiscard]] virtual Status execute(const Fault& fault) = 0;
  // Undoes whatever is still broken by execute(): links are healed, the paused resumed, the killed
  // started. Goes on after an error and tells the first.
  [[nodiscard]] virtual Status heal_all() = 0;
  // Whether what is done to `outer` is done to all of `inner`: "projector" covers "projector-2".
  [[nodiscard]] virtual bool covers(const std::string& outer, const std::string& inner) const {
    return outer == inner;
  }
};

}  // namespace cqrs
