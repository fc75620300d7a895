// Event rows to statements and back, shared by the write store, the history and the audit.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/events/event.h"

namespace cqrs::sqlite {

// The columns that read_event() expects, in order.
inline constexpr const char* kEventColumns =
    "position, event_id, kind, stream_id, stream_version, type, schema_version, data, traceparent, "
    "recorded_at";

// Error: corrupt (a kind or id that cannot be).
[[nodiscard]] Result<Event> read_event(const Statement& row);
// Binds all twelve columns of the events table; `event` must live until the statement has run.
void bind_event(Statement& insert, const Event& event);

}  // namespace cqrs::sqlite
