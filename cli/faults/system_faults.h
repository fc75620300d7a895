// Does faults to a running system: to its processes, to its servers, and to the links between them.
// Touches nothing that a fault does not name.
#pragma once

#include "cli/faults/fault_executor.h"
#include "cli/faults/link_faults.h"
#include "cli/faults/role_faults.h"
#include "cli/faults/server_faults.h"

#include <memory>

namespace cqrs {

// execute() and heal_all() belong to one thread; system() may be called from any.
class SystemFaults final : public FaultExecutor {
 public:
  // The system that runs in this directory. Errors: not_found, corrupt.
  [[nodiscard]] static Result<std::unique_ptr<SystemFaults>> find(
      const DataDir& dir, const PartsPlace& parts = usual_parts());

  [[nodiscard]] Status check(const Fault& fault) const override;
  [[nodiscard]] Status execute(const Fault& fault) override;
  // Links first, then servers, then roles: each needs those before it.
  [[nodiscard]] Status heal_all() override;
  [[nodiscard]] bool covers(const std::string& outer, const std::string& inner) const override;
  // As it is now: restarted processes have other numbers.
  [[nodiscard]] RunningSystem system() const { return roles_.system(); }

 private:
  SystemFaults(const DataDir& dir, const RunningSystem& system, const PartsPlace& parts,
               std::optional<StandardConfig> config)
      : roles_(dir, system),
        servers_(parts, std::move(config), dir.root + "/faults.log"),
        links_(system) {}
  RoleFaults roles_;
  ServerFaults servers_;
  LinkControl links_;
};

}  // namespace cqrs
