// Up to where rows were ever written, so that the row of a new entity need not be looked for: in a
// replay or a seed nearly every event is the first one of its entity.
#pragma once

#include "core/base/hash.h"
#include "core/events/event.h"
#include "core/read/view_row.h"

#include <algorithm>
#include <span>
#include <vector>

namespace cqrs {

// A row carries the position of the last event that it was made from. Kept per slice, because a log
// of partitions hands out positions in order within each of them only.
class WrittenRows {
 public:
  // No row was made from an event behind `position`.
  void begin(Position position) { highest_.assign(kSlices, position); }
  void note(std::span<const ViewRow> rows) {
    for (const auto& row : rows) {
      Position& highest = of(row.key.id);
      highest = std::max(highest, row.position);
    }
  }
  // Whether no row can have been written for the entity of this event: its first one lies behind
  // everything that rows were made from.
  [[nodiscard]] bool none_before(const Event& event) const {
    return event.version == 1 && event.position > highest_[index_of(event.stream.id)];
  }

 private:
  static std::size_t index_of(const Uuid& id) { return static_cast<std::size_t>(slice_of(id)); }
  Position& of(const Uuid& id) { return highest_[index_of(id)]; }

  std::vector<Position> highest_ = std::vector<Position>(kSlices);
};

}  // namespace cqrs
