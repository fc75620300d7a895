// Spoils SQLite files on purpose, for the injections of verify and the tests of repair.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"
#include "core/read/view_row.h"

#include <memory>
#include <string>

namespace cqrs::sqlite {

// A consistent copy of a database that others may be writing to. Error: unavailable.
[[nodiscard]] Status copy_database(const std::string& from, const std::string& to);

class Spoiler {
 public:
  virtual ~Spoiler() = default;
  // Views.
  [[nodiscard]] virtual Status remove_view_row(const StreamKey& key) = 0;
  [[nodiscard]] virtual Status put_view_row(const ViewRow& row) = 0;
  // Claims that everything up to `position`, where `event_id` stands, was applied.
  [[nodiscard]] virtual Status set_applied(Position position, const Uuid& event_id) = 0;
  // The record. The unique indexes are replaced by plain ones first, as a damaged table would lack
  // them.
  [[nodiscard]] virtual Status remove_event(Position position) = 0;
  // Stores the event at `position` once more, at the end.
  [[nodiscard]] virtual Status repeat_event(Position position) = 0;
  [[nodiscard]] virtual Status exchange_events(Position first, Position second) = 0;
};

// Nobody else may have the files open.
[[nodiscard]] Result<std::unique_ptr<Spoiler>> open_spoiler(const std::string& write_db,
                                                            const std::string& read_db);

}  // namespace cqrs::sqlite
