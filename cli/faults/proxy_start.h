// Puts the fault proxy between the roles of a system and its servers when the system starts.
#pragma once

#include "core/wiring/standard_config.h"

#include "cli/system/running.h"

#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// "postgres,redis": each once, in any order. Error: invalid (another server: says which can be; the
// broker: says why not).
[[nodiscard]] Result<std::vector<std::string>> parse_proxied_servers(const std::string& text);

struct ProxyStart {
  std::vector<std::string> servers;     // wanted; empty: as before
  const RoleProcess* living = nullptr;  // the one that runs already
  bool again = false;                   // one ran before: at the same ports again
  bool roles_run = false;               // without one
  bool ends_with_starter = false;
};
struct ProxyPut {
  StandardConfig config;               // with the proxy's addresses in place of the servers'
  std::optional<RoleProcess> process;  // when one was started
};
// Starts the proxy when it is wanted and does not run. Its ports are kept in proxy.json of the
// directory, so that one that died comes back where the roles look for it. Errors: invalid (a
// running system cannot get another proxy than it has; a server that the system does not use, or
// whose URL has several hosts), unavailable, corrupt.
[[nodiscard]] Result<ProxyPut> put_fault_proxy(const DataDir& dir, const StandardConfig& config,
                                               const ProxyStart& start);

}  // namespace cqrs
