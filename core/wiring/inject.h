// Injections: copies the stores of a system to scratch ones, spoils the copies in known ways and
// says what was planted where, so that verify can be held to finding exactly that.
#pragma once

#include "core/verify/finding.h"
#include "core/wiring/data_dir.h"
#include "core/wiring/sources.h"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// How many of each kind of difference to plant.
struct InjectionPlan {
  std::array<std::size_t, kAllDifferences.size()> counts{};
  [[nodiscard]] std::size_t count(Difference kind) const {
    return counts[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::size_t total() const;
};

// "lost=3,dup=2,phantom=1,stale=5,swap=1,field=2". Error kInvalid names the word and the choices.
[[nodiscard]] Result<InjectionPlan> parse_injection(std::string_view text);

struct Planted {
  Difference kind = Difference::kLost;
  StreamKey entity;
  std::string how;
};

// Spoilt copies of a system's stores, which go away with their owner.
class InjectedCopy {
 public:
  virtual ~InjectedCopy() = default;
  [[nodiscard]] virtual const std::vector<Planted>& planted() const = 0;
  // Of the copies, any number of times. Errors: those of the stores.
  [[nodiscard]] virtual Result<Sources> open_sources() const = 0;
  // The edges of verify that the copies do not have, by name.
  [[nodiscard]] virtual std::vector<std::string> left_out() const = 0;
  // Removes them at once; nothing of open_sources() may live any more. The destructor tries the
  // same. Error: unavailable (some are left: the next injection removes them).
  [[nodiscard]] virtual Status remove() = 0;
};

// Copies the live stores of `dir` and spoils the copies: in files beside them, or on the same
// servers under a name of their own. Removes what killed runs left there. Works while the system
// writes. `keep_going` is asked between the steps. Errors: invalid (the system holds too few
// entities for the plan), timeout (not kept going), unavailable, not_found.
[[nodiscard]] Result<std::unique_ptr<InjectedCopy>> inject(const DataDir& dir,
                                                           const InjectionPlan& plan,
                                                           const std::function<bool()>& keep_going);

// Spoils the stores themselves: for tests of what mends them. The system must be stopped.
[[nodiscard]] Result<std::vector<Planted>> spoil(const DataDir& dir, const InjectionPlan& plan);

}  // namespace cqrs
