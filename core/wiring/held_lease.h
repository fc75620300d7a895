// A lease held by a tool while it works: nobody who needs it starts meanwhile.
#pragma once

#include "core/log/lease.h"
#include "core/wiring/standard_config.h"

#include <chrono>
#include <memory>
#include <string>

namespace cqrs::standard {

// Released when destroyed. Used by one thread.
class HeldLease {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Error already_exists: somebody has it; names who, and says that the system must be down. Also
  // those of open_leases().
  [[nodiscard]] static Result<std::unique_ptr<HeldLease>> acquire(const StandardConfig& config,
                                                                  const std::string& name);
  HeldLease(const HeldLease&) = delete;
  HeldLease& operator=(const HeldLease&) = delete;
  ~HeldLease();

  // To be called more often than every few seconds. Errors: version_conflict (lost: stop),
  // unavailable.
  [[nodiscard]] Status keep();
  // Nobody else owns it before.
  [[nodiscard]] Time until() const { return until_; }
  [[nodiscard]] LeaseStore& leases() { return *leases_; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }

 private:
  HeldLease(std::unique_ptr<LeaseStore> leases, std::string name)
      : leases_(std::move(leases)), name_(std::move(name)) {}

  std::unique_ptr<LeaseStore> leases_;
  std::string name_;
  std::int64_t epoch_ = 0;
  Time renew_at_{};
  Time until_{};
};

}  // namespace cqrs::standard
