#include "core/wiring/held_lease.h"

#include "core/wiring/standard.h"

#include <array>
#include <unistd.h>

namespace cqrs::standard {
namespace {

// Longer than any single step of the work; after a kill a system waits that long to start.
constexpr std::chrono::milliseconds kTtl{15'000};
// Clocks of two machines do not run exactly alike.
constexpr std::chrono::milliseconds kMargin{500};

std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return "cqrsctl, pid " + std::to_string(::getpid()) + " on " + host.data();
}

}  // namespace

Result<std::unique_ptr<HeldLease>> HeldLease::acquire(const StandardConfig& config,
                                                      const std::string& name) {
  auto leases = open_leases(config);
  if (!leases) return leases.error();
  auto held = std::unique_ptr<HeldLease>(new HeldLease(std::move(*leases), name));
  const auto asked = std::chrono::steady_clock::now();
  auto epoch = held->leases_->acquire(name, this_process(), kTtl);
  if (!epoch) return epoch.error();
  if (*epoch) {
    held->epoch_ = **epoch;
    held->renew_at_ = asked + kTtl / 3;
    held->until_ = asked + kTtl - kMargin;
    return held;
  }
  auto owner = held->leases_->owner(name);
  if (!owner) return owner.error();
  return make_error(ErrorCode::kAlreadyExists,
                    "the system " + config.name + " is running: " +
                        (owner->empty() ? std::string("somebody") : *owner) + " has the lease \"" +
                        name + "\". Stop it with cqrsctl down; who was killed keeps it up to 15 s");
}

HeldLease::~HeldLease() {
  if (epoch_ != 0) (void)leases_->release(name_, epoch_);
}

Status HeldLease::keep() {
  const auto now = std::chrono::steady_clock::now();
  if (now < renew_at_) return {};
  CQRS_TRY(leases_->renew(name_, epoch_, kTtl));
  renew_at_ = now + kTtl / 3;
  until_ = now + kTtl - kMargin;
  return {};
}

}  // namespace cqrs::standard
