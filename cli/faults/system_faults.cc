#include "cli/faults/system_faults.h"

namespace cqrs {
namespace {

bool is_of_a_link(FaultAction action) {
  return action == FaultAction::kFreeze || action == FaultAction::kCut ||
         action == FaultAction::kDelay || action == FaultAction::kHeal;
}

}  // namespace

Result<std::unique_ptr<SystemFaults>> SystemFaults::find(const DataDir& dir,
                                                         const PartsPlace& parts) {
  auto system = find_running(dir);
  if (!system) return system.error();
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  return std::unique_ptr<SystemFaults>(new SystemFaults(dir, *system, parts, std::move(*config)));
}

Status SystemFaults::check(const Fault& fault) const {
  if (roles_.knows(fault.target)) return roles_.check(fault);
  if (!ServerFaults::knows(fault.target)) {
    return invalid("faults",
                   "there is no " + fault.target +
                       ": roles are gateway, command, relay, projector, query and all, one replica "
                       "is projector-2, servers are broker, postgres, redis, mongo and connect");
  }
  const bool link = is_of_a_link(fault.action) && system().profile != "embedded";
  return link ? links_.check(fault) : servers_.check(fault);
}

Status SystemFaults::execute(const Fault& fault) {
  if (roles_.knows(fault.target)) return roles_.execute(fault);
  return is_of_a_link(fault.action) ? links_.execute(fault) : servers_.execute(fault);
}

Status SystemFaults::heal_all() {
  const Status links = links_.heal_all();
  const Status servers = servers_.heal_all();
  const Status roles = roles_.heal_all();
  return !links ? links : !servers ? servers : roles;
}

bool SystemFaults::covers(const std::string& outer, const std::string& inner) const {
  if (roles_.knows(outer) || roles_.knows(inner)) return roles_.covers(outer, inner);
  return servers_.covers(outer, inner);
}

}  // namespace cqrs
