// Runs one call of a memory store as far as its fault plan lets it get. Internal to this adapter.
#pragma once

#include "core/adapters/memory/stores.h"

#include <string>
#include <string_view>
#include <utility>

namespace cqrs::memory {

// `unacknowledged` is the error of a call that was done but whose answer got lost.
template <class Work>
auto planned_call(const FaultPlan& plan, std::string_view call, ErrorCode unacknowledged,
                  Work&& work) -> decltype(work()) {
  const Fault fault = plan ? plan(call) : Fault::kNone;
  if (fault == Fault::kNotDone) {
    return make_error(ErrorCode::kUnavailable, std::string(call) + ": planned fault, not done");
  }
  if (fault == Fault::kCrashBefore) throw Crash{};
  auto result = std::forward<Work>(work)();
  if (fault == Fault::kCrashAfter) throw Crash{};
  if (fault == Fault::kDoneUnacknowledged && result.ok()) {
    return make_error(unacknowledged, std::string(call) + ": planned fault, the answer got lost");
  }
  return result;
}

}  // namespace cqrs::memory
