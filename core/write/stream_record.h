// A stream as the write store keeps it, made from the state that its events lead to.
#pragma once

#include "core/domain/aggregate.h"
#include "core/write/write_store.h"

#include <optional>

namespace cqrs {

// With state text and digest; without a state, a tombstone.
[[nodiscard]] StreamRecord stream_record(const StreamKey& key, std::int64_t version,
                                         Position position, const std::optional<State>& state);

}  // namespace cqrs
