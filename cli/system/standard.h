// Starts the standard profile on this machine: one process per role, any number of replicas, over
// servers that run elsewhere or were started by scripts/parts.
#pragma once

#include "core/wiring/standard_config.h"

#include "cli/system/running.h"

#include <map>

namespace cqrs {

// Where scripts/parts keeps its servers: $CQRS_PARTS_DIR, else inside the user's state directory.
[[nodiscard]] std::string parts_directory();
// Where the servers are that scripts/parts started, as far as it did. Errors: corrupt.
[[nodiscard]] Result<StandardConfig> parts_config();

struct StandardStart {
  StandardConfig config;
  std::map<std::string, int> replicas;  // by role; what is not named runs once
  // Servers that a proxy process stands before, see cli/faults: what the roles reach through it.
  std::vector<std::string> fault_proxy;
  StartOptions service;
};

// The roles in the order of the data, which is the order of stopping.
inline constexpr std::array<const char*, 5> kStandardRoles{"gateway", "command", "relay",
                                                           "projector", "query"};

// Makes schema and topics when they are missing, starts the processes and waits until all of them
// serve; where some of an earlier start still run, only the others, at their old addresses. Errors:
// invalid, unavailable (a server or a process did not answer: names it), corrupt.
[[nodiscard]] Result<RunningSystem> start_standard(const DataDir& dir, const StandardStart& start);

}  // namespace cqrs
