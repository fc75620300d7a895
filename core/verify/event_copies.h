// Copies of the events in a store that somebody else fills from the topics, as verify reads them.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cqrs {

struct EventCopy {
  Event event;             // what could be read of it; a nil event id: it is none that events have
  std::string id;          // under which it stands, for people
  std::string unreadable;  // the first field that is missing or of another type; empty: none
};

// Called for one copy after the other; an error ends the reading.
using VisitCopy = std::function<Status(EventCopy& copy)>;

// Read-only, never holds more than a batch in memory. Used by one thread at a time. Error of all:
// unavailable.
class EventCopies {
 public:
  virtual ~EventCopies() = default;
  // "sink collection": stands in reports.
  [[nodiscard]] virtual std::string name() const = 0;
  // Whoever fills the store says that it has brought every event up to here: what is not there
  // after this call is lost. 0: nothing is known. May go back for a while.
  [[nodiscard]] virtual Result<Position> complete_to() = 0;
  // Every copy that says it is of a position from `from` to `to`, in any order.
  [[nodiscard]] virtual Status read(Position from, Position to, const VisitCopy& visit) = 0;
  // And every one that says it is of none from 1 to `to`.
  [[nodiscard]] virtual Status read_strays(Position to, const VisitCopy& visit) = 0;
  // Those of these events, at most 1,000, that are there, whatever they say otherwise.
  [[nodiscard]] virtual Result<std::vector<EventCopy>> find(std::span<const Uuid> event_ids) = 0;
};

}  // namespace cqrs
