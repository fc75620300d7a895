// Injections on the standard profile: the copies stand on the same servers, under a name of their
// own in place of the system's.
#pragma once

#include "core/wiring/inject.h"
#include "core/wiring/standard_config.h"

namespace cqrs::standard {

// See cqrs::inject() and cqrs::spoil().
[[nodiscard]] Result<std::unique_ptr<InjectedCopy>> inject(const StandardConfig& config,
                                                           const InjectionPlan& plan,
                                                           const std::function<bool()>& keep_going);
[[nodiscard]] Result<std::vector<Planted>> spoil(const StandardConfig& config,
                                                 const InjectionPlan& plan);

}  // namespace cqrs::standard
