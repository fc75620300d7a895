// Who writes to a ledger holds a lock on it, for as long as its descriptor is open: others can see
// that without taking it.
#pragma once

#include <string>

namespace cqrs {

// False when another descriptor has it already. Ends with the descriptor, or with the process.
[[nodiscard]] bool lock_ledger(int descriptor);

// Whether somebody is writing to it. False when it cannot be opened.
[[nodiscard]] bool ledger_is_locked(const std::string& path);

}  // namespace cqrs
