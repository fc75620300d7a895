// A store of copies in memory that tests of verify spoil, and that may change between two reads.
#pragma once

#include "core/verify/event_copies.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace cqrs::support {

class MemoryCopies final : public EventCopies {
 public:
  std::string name() const override { return "sink collection"; }

  Result<Position> complete_to() override {
    before("complete_to");
    return complete;
  }
  Status read(Position from, Position to, const VisitCopy& visit) override {
    before("read");
    return visit_if(visit, [=](const EventCopy& copy) {
      return copy.event.position >= from && copy.event.position <= to;
    });
  }
  Status read_strays(Position to, const VisitCopy& visit) override {
    before("read_strays");
    return visit_if(visit, [=](const EventCopy& copy) {
      return copy.event.position < 1 || copy.event.position > to;
    });
  }
  Result<std::vector<EventCopy>> find(std::span<const Uuid> event_ids) override {
    before("find");
    std::vector<EventCopy> found;
    for (const auto& copy : copies) {
      const bool wanted =
          std::find(event_ids.begin(), event_ids.end(), copy.event.event_id) != event_ids.end();
      if (wanted) found.push_back(copy);
    }
    return found;
  }

  void add(const Event& event) { copies.push_back({event, to_string(event.event_id), {}}); }

  std::vector<EventCopy> copies;
  Position complete = 0;
  std::function<void(const std::string& read)> before = [](const std::string&) {};

 private:
  template <class Wanted>
  Status visit_if(const VisitCopy& visit, const Wanted& wanted) {
    for (auto copy : copies) {
      if (wanted(copy)) CQRS_TRY(visit(copy));
    }
    return {};
  }
};

}  // namespace cqrs::support
