#include "core/adapters/memory/planned_call.h"
#include "core/adapters/memory/topic.h"

#include <algorithm>

namespace cqrs::memory {
namespace {

class MemoryLeaseStore final : public LeaseStore {
 public:
  MemoryLeaseStore(MemoryLeases& all, FaultPlan plan) : all_(all), plan_(std::move(plan)) {}

  Result<std::optional<std::int64_t>> acquire(const std::string& name, const std::string& owner,
                                              std::chrono::milliseconds ttl) override {
    return call("acquire", [&]() -> Result<std::optional<std::int64_t>> {
      auto& lease = all_.leases[name];
      const bool free = lease.owner.empty() || lease.until <= all_.now || lease.owner == owner;
      if (!free) return std::optional<std::int64_t>();
      lease.owner = owner;
      lease.until = all_.now + ttl.count();
      return std::optional<std::int64_t>(++lease.epoch);
    });
  }

  Status renew(const std::string& name, std::int64_t epoch,
               std::chrono::milliseconds ttl) override {
    return call("renew", [&]() -> Status {
      CQRS_TRY(must_own(name, epoch));
      if (all_.leases[name].until <= all_.now) return conflict(name);
      all_.leases[name].until = all_.now + ttl.count();
      return {};
    });
  }

  Status release(const std::string& name, std::int64_t epoch) override {
    return call("release", [&]() -> Status {
      if (must_own(name, epoch)) all_.leases[name].owner.clear();
      return {};
    });
  }

  Result<std::string> owner(const std::string& name) override {
    const auto& lease = all_.leases[name];
    return lease.until > all_.now ? lease.owner : std::string();
  }

  Result<Published> published(const std::string& name) override {
    return call("published", [&]() -> Result<Published> { return all_.leases[name].published; });
  }

  Status advance(const std::string& name, std::int64_t epoch, const Published& to) override {
    return call("advance", [&]() -> Status {
      CQRS_TRY(must_own(name, epoch));
      all_.leases[name].published = to;
      all_.leases[name].marks.push_back(to);
      return {};
    });
  }

  Result<std::optional<Published>> published_before(const std::string& name,
                                                    Position position) override {
    const auto& marks = all_.leases[name].marks;
    std::optional<Published> found;
    for (const auto& mark : marks) {
      if (mark.position <= position && (!found || mark.position > found->position)) found = mark;
    }
    return found;
  }

 private:
  template <class Work>
  auto call(std::string_view name, Work&& work) -> decltype(work()) {
    return planned_call(plan_, name, ErrorCode::kUnavailable, std::forward<Work>(work));
  }
  static Error conflict(const std::string& name) {
    return make_error(ErrorCode::kVersionConflict, "the lease " + name + " is another's");
  }
  Status must_own(const std::string& name, std::int64_t epoch) {
    const auto& lease = all_.leases[name];
    if (lease.owner.empty() || lease.epoch != epoch) return conflict(name);
    return {};
  }

  MemoryLeases& all_;
  FaultPlan plan_;
};

}  // namespace

std::unique_ptr<LeaseStore> open_leases(MemoryLeases& leases, FaultPlan plan) {
  return std::make_unique<MemoryLeaseStore>(leases, std::move(plan));
}

}  // namespace cqrs::memory
