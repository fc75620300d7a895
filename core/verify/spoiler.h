// Spoils stores on purpose, one thing at a time: for the injections of verify and the tests of
// repair.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"
#include "core/read/view_row.h"

namespace cqrs {

// Used by one thread, while nobody else works on the stores. Errors: unavailable, corrupt.
class Spoiler {
 public:
  virtual ~Spoiler() = default;
  // Views.
  [[nodiscard]] virtual Status remove_view_row(const StreamKey& key) = 0;
  // As it is given, whatever its version and digest claim.
  [[nodiscard]] virtual Status put_view_row(const ViewRow& row) = 0;
  // Claims that everything up to `position`, where `event_id` stands, was applied.
  [[nodiscard]] virtual Status set_applied(Position position, const Uuid& event_id) = 0;
  // The record. Its unique indexes are replaced by plain ones first, as a damaged table would lack
  // them.
  [[nodiscard]] virtual Status remove_event(Position position) = 0;
  // Stores the event at `position` once more, at the end.
  [[nodiscard]] virtual Status repeat_event(Position position) = 0;
  [[nodiscard]] virtual Status exchange_events(Position first, Position second) = 0;
};

}  // namespace cqrs
