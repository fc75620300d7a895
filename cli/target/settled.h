// Waiting until a foreign system's read side has what was done, and reading many entities of it.
#pragma once

#include "core/workload/generator.h"

#include "cli/target/foreign_values.h"
#include "cli/target/session.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace cqrs::target {

struct EntityRef {
  Kind kind = Kind::kUser;
  std::uint64_t index = 0;
};

enum class Settled : std::uint8_t {
  kTold,    // the system said so, or the sentinel could be read
  kWaited,  // the time of the profile has passed; nothing was told
  kNot,     // `patience` passed without it, or it was interrupted
};
// `sentinel`: the last that was acknowledged; read until it is there, when the profile wants that.
// Errors: invalid (the answer is not as the profile says), unavailable (nothing answers).
[[nodiscard]] Result<Settled> wait_settled(Session& session, const Generator& generator,
                                           std::optional<EntityRef> sentinel,
                                           std::chrono::milliseconds patience,
                                           const std::atomic<bool>& interrupted);

// The operation that reads one entity of this kind.
[[nodiscard]] Operation read_operation(Kind kind);

// Reads them all, pipelined; `seen` gets each answer once, in any order, on this thread. What was
// not answered is asked for again three times. An entity whose id is not known is passed over.
// Errors: invalid (a kind has no read request), unavailable.
[[nodiscard]] Status read_entities(
    Session& session, const Generator& generator, const std::vector<EntityRef>& wanted,
    const std::atomic<bool>& interrupted,
    const std::function<void(const EntityRef&, const load::Answer&)>& seen);

}  // namespace cqrs::target
