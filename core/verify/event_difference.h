// In what two copies of one event differ, for people.
#pragma once

#include "core/events/event.h"
#include "core/verify/content.h"

#include <optional>

namespace cqrs {

// The first field in which they differ, e.g. {"data.personal.name", "\"Ada\"", "\"Eve\""}; values
// are cut to a readable length. Nothing: both have the same stream, version, type, schema version
// and data.
[[nodiscard]] std::optional<FieldDifference> difference_of(const Event& expected,
                                                           const Event& actual);

}  // namespace cqrs
