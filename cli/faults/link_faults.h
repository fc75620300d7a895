// Freezes, cuts, delays and heals the links between a system and its servers, through the proxy
// process that `up --fault-proxy` started.
#pragma once

#include "core/workload/scenario.h"

#include "cli/system/running.h"

#include <set>
#include <string>
#include <vector>

namespace cqrs {

// Not thread-safe.
class LinkControl {
 public:
  // Finds the proxy among the processes; asks it nothing yet.
  explicit LinkControl(const RunningSystem& system);

  // Errors: invalid (there is no proxy, or it stands before other servers; a broker cannot have
  // one), unavailable (it does not answer).
  [[nodiscard]] Status check(const Fault& fault) const;
  // Errors: unavailable, timeout, invalid.
  [[nodiscard]] Status execute(const Fault& fault);
  [[nodiscard]] Status heal_all();

 private:
  [[nodiscard]] Result<std::set<std::string>> servers() const;
  [[nodiscard]] Status put(const std::string& server, const std::string& body) const;

  std::string url_;               // empty: there is none
  std::set<std::string> broken_;  // by execute()
};

}  // namespace cqrs
