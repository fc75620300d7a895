// Facts and states to JSON and back. Every stored byte of an event's data or a stream's state is
// written and read here. Money stands in minor units, personal fields under one `personal` object.
#pragma once

#include "core/base/result.h"
#include "core/domain/aggregate.h"

#include <string>
#include <string_view>

namespace cqrs {

[[nodiscard]] std::string_view event_type(const EventBody& event);  // "user.created"
// The schema version that this program writes for events of its type.
[[nodiscard]] int schema_version(const EventBody& event);

void append_event_data(std::string& out, const EventBody& event);
// Data of an older schema version is brought up to the present one first (upcast.h).
// Errors: corrupt (unknown type or schema version, missing or malformed field: each is named).
[[nodiscard]] Result<EventBody> decode_event(std::string_view type, int schema_version,
                                             std::string_view data);

void append_state(std::string& out, const State& state);
// Errors: corrupt.
[[nodiscard]] Result<State> decode_state(Kind kind, std::string_view json);

}  // namespace cqrs
