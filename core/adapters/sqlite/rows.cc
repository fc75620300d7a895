#include "core/adapters/sqlite/rows.h"

#include "core/base/hash.h"

namespace cqrs::sqlite {

Result<Event> read_event(const Statement& row) {
  Event event;
  event.position = row.integer(0);
  event.event_id = row.id(1);
  const auto kind = kind_from_number(row.integer(2));
  event.stream.id = row.id(3);
  if (!kind || event.event_id.is_nil() || event.stream.id.is_nil()) {
    return make_error(ErrorCode::kCorrupt, "events row at position " +
                                               std::to_string(event.position) + " is unreadable");
  }
  event.stream.kind = *kind;
  event.version = row.integer(4);
  event.type = row.text(5);
  event.schema_version = static_cast<int>(row.integer(6));
  event.data = row.text(7);
  event.traceparent = row.text(8);
  event.recorded_at.micros = row.integer(9);
  return event;
}

void bind_event(Statement& insert, const Event& event) {
  insert.bind(1, event.position)
      .bind(2, event.event_id)
      .bind(3, static_cast<std::int64_t>(event.stream.kind))
      .bind(4, event.stream.id)
      .bind(5, event.version)
      .bind(6, static_cast<std::int64_t>(slice_of(event.stream.id)))
      .bind(7, std::string_view(event.type))
      .bind(8, static_cast<std::int64_t>(event.schema_version))
      .bind(9, std::string_view(event.data))
      .bind(10, std::string_view(event.traceparent))
      .bind(11, std::string_view("application/json"))
      .bind(12, event.recorded_at.micros);
}

}  // namespace cqrs::sqlite
