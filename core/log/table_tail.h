// The events table read as a log: position order is commit order, so the cursor is the position.
#pragma once

#include "core/log/event_log.h"
#include "core/write/history.h"

#include <memory>
#include <utility>

namespace cqrs {

class TableTail final : public EventLog {
 public:
  explicit TableTail(History& history) : history_(history) {}
  explicit TableTail(std::unique_ptr<History> history)
      : owned_(std::move(history)), history_(*owned_) {}
  [[nodiscard]] Result<LogPage> read(const Cursor& cursor, std::size_t max) override;

  // A tail can start at any position that is known to be applied.
  [[nodiscard]] static Cursor after(Position position) { return {std::to_string(position)}; }

 private:
  std::unique_ptr<History> owned_;
  History& history_;
};

}  // namespace cqrs
