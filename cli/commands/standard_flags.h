// The options that say where the servers of the standard profile are, for every command that needs
// to know before a system was started.
#pragma once

#include "core/wiring/standard_config.h"

#include <optional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace cqrs {

// As they were given; empty: not.
struct StandardFlags {
  std::string postgres, kafka, read, cache, redis, mongo, name, relay, connect, sink;
  std::optional<int> partitions, replication;
};

void add_standard_flags(CLI::App& command, StandardFlags& flags);

// Flags first, then what the system of this directory was made with, then what scripts/parts
// started. Errors: invalid (names the
// option that is missing or wrong), corrupt.
[[nodiscard]] Result<StandardConfig> config_of(const StandardFlags& flags, const DataDir& dir);

}  // namespace cqrs
