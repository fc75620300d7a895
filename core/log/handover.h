// A log that begins in the record and goes on in a topic: replay and healing read the events table,
// and from a position that the topic is known to cover they follow the topic. When the topic has
// lost what a cursor needs, it goes back to the record.
#pragma once

#include "core/log/event_log.h"
#include "core/log/lease.h"
#include "core/write/history.h"

#include <functional>
#include <optional>

namespace cqrs {

// Cursors: "table 123" stands behind position 123 of the record; "topic …" is one of the topic's.
class Handover final : public EventLog {
 public:
  // Gives a cursor of the topic from which everything after the position is read, and the position
  // it belongs to; nothing: there is none (yet).
  using Find = std::function<Result<std::optional<Published>>(Position)>;
  // The position that a cursor of the topic has complete.
  using CompleteTo = std::function<Result<Position>(const Cursor&)>;
  // All must outlive it. `record` is used by it alone.
  Handover(History& record, EventLog& topic, Find find, CompleteTo complete_to)
      : record_(record),
        topic_(topic),
        find_(std::move(find)),
        complete_to_(std::move(complete_to)) {}

  [[nodiscard]] Result<LogPage> read(const Cursor& cursor, std::size_t max) override;

  // Whether the last page came from the topic.
  [[nodiscard]] bool in_topic() const { return in_topic_; }

 private:
  [[nodiscard]] Result<LogPage> read_table(Position after, std::size_t max);
  // `after`: where the record is to be read when the topic has lost what the cursor needs; nothing:
  // behind what the cursor has complete.
  [[nodiscard]] Result<LogPage> read_topic(const Cursor& cursor, std::size_t max,
                                           std::optional<Position> after);

  History& record_;
  EventLog& topic_;
  Find find_;
  CompleteTo complete_to_;
  bool in_topic_ = false;
  Position looked_at_ = -1;  // no mapping was found for it
};

}  // namespace cqrs
