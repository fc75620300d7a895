// Breaks a foreign system by the commands that its profile names: kill, and start to bring it back.
#pragma once

#include "cli/faults/fault_executor.h"
#include "cli/target/target_file.h"

#include <memory>

namespace cqrs::target {

// Knows one target, "all". Used by one thread.
[[nodiscard]] std::unique_ptr<FaultExecutor> make_fault_executor(const Target& target);

}  // namespace cqrs::target
