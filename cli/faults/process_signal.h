// Signals that reach the process that is meant, never one that got its number later.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cqrs {

struct ProcessId {
  int pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, see process_start_ticks()
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// A zombie does not live.
[[nodiscard]] bool alive(const ProcessId& process);
// Through a pidfd that is opened before the starting time is compared. `name` is for the error.
// Errors: not_found (it has ended), forbidden (another user's), internal.
[[nodiscard]] Status signal_process(const ProcessId& process, int signal, const std::string& name);
// Itself first, then its children and theirs. A parent that is stopped makes no further ones.
[[nodiscard]] std::vector<ProcessId> process_tree(const ProcessId& process);
// The same signal to all of them, parents first; children that have ended meanwhile do not matter.
[[nodiscard]] Status signal_tree(const ProcessId& process, int signal, const std::string& name);
// Waits for its end, and collects it when it is a child of this process. False: it lives on.
[[nodiscard]] bool await_end(const ProcessId& process, std::chrono::milliseconds patience);

}  // namespace cqrs
