// Property: however a log interleaves, repeats, delays and rewinds the events of one history, the
// views end as the pure fold of that history. The log here promises the least that the port allows.
#include "core/adapters/memory/stores.h"
#include "core/project/projector.h"

#include "tests/support/history.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

// Delivers events by a schedule that names each position at least once. The cursor is an index into
// the schedule; a rewind starts a page up to `back` places before it, so whole stretches come
// again.
class ScheduledLog final : public EventLog {
 public:
  ScheduledLog(const std::vector<Event>& events, std::vector<Position> schedule,
               std::vector<std::size_t> rewinds)
      : events_(events), schedule_(std::move(schedule)), rewinds_(std::move(rewinds)) {
    // complete_[n]: the end of the contiguous prefix among the first n deliveries. Honest, because
    // a cursor at n means that all of them were handed out.
    std::set<Position> delivered;
    Position prefix = 0;
    complete_.push_back(prefix);
    for (const auto position : schedule_) {
      delivered.insert(position);
      while (delivered.contains(prefix + 1)) ++prefix;
      complete_.push_back(prefix);
    }
  }

  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    std::size_t from = cursor.text.empty() ? 0 : std::stoul(cursor.text);
    if (from >= schedule_.size()) return LogPage{{}, cursor, complete_.back()};
    if (!rewinds_.empty()) {
      from -= std::min(from, rewinds_.back());
      rewinds_.pop_back();
    }
    const std::size_t to = std::min(schedule_.size(), from + max);
    LogPage page;
    for (std::size_t i = from; i < to; ++i) {
      page.events.push_back(events_.at(static_cast<std::size_t>(schedule_[i] - 1)));
    }
    page.next = {std::to_string(to)};
    page.complete_to = complete_[to];
    return page;
  }

 private:
  const std::vector<Event>& events_;
  std::vector<Position> schedule_;
  std::vector<std::size_t> rewinds_;
  std::vector<Position> complete_;
};

// A history and one way in which a log may deliver it.
struct Delivery {
  memory::MemoryRecord record;
  std::vector<Position> schedule;
  std::vector<std::size_t> rewinds;
};

// Every position once, extra ones as often as it likes, all in any order.
Delivery any_delivery() {
  Delivery delivery;
  grow_history(delivery.record, *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange(1, 40));
  const auto count = static_cast<Position>(delivery.record.events.size());
  RC_PRE(count > 0);
  for (Position position = 1; position <= count; ++position) {
    delivery.schedule.push_back(position);
  }
  const auto repeated =
      *rc::gen::container<std::vector<Position>>(rc::gen::inRange<Position>(1, count + 1));
  delivery.schedule.insert(delivery.schedule.end(), repeated.begin(), repeated.end());
  const auto places = *rc::gen::container<std::vector<std::uint32_t>>(
      delivery.schedule.size(), rc::gen::arbitrary<std::uint32_t>());
  for (std::size_t i = delivery.schedule.size(); i > 1; --i) {
    std::swap(delivery.schedule[i - 1], delivery.schedule[places[i - 1] % i]);
  }
  delivery.rewinds =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 12));
  return delivery;
}

// The position up to which the rows really hold everything.
Position complete_in(const std::map<StreamKey, ViewRow>& rows, const std::vector<Event>& events) {
  Position complete = 0;
  for (const auto& event : events) {
    const auto row = rows.find(event.stream);
    if (row == rows.end() || row->second.version < event.version) break;
    complete = event.position;
  }
  return complete;
}

RC_GTEST_PROP(ProjectionProperty, ViewsAreTheFoldOfTheHistoryHoweverItIsDelivered, ()) {
  Delivery delivery = any_delivery();
  memory::MemoryViews views;
  const auto history = memory::open_history(delivery.record);
  const auto store = memory::open_projection_store(views);
  ScheduledLog log(delivery.record.events, delivery.schedule, delivery.rewinds);
  Projector projector(log, *history, *store);
  RC_ASSERT(projector.start().ok());
  for (;;) {
    const auto consumed = projector.step(*rc::gen::inRange<std::size_t>(1, 9));
    RC_ASSERT(consumed.ok());
    if (*consumed == 0) break;
    RC_ASSERT(projector.applied() <= complete_in(views.rows, delivery.record.events));
  }
  RC_ASSERT(difference(fold_rows(delivery.record.events), views.rows) == std::string());
  RC_ASSERT(views.parked.empty());
}

RC_GTEST_PROP(ProjectionProperty, EveryPrefixThatTheLogCompletesIsReportedAsApplied, ()) {
  Delivery delivery = any_delivery();
  memory::MemoryViews views;
  const auto history = memory::open_history(delivery.record);
  const auto store = memory::open_projection_store(views);
  ScheduledLog log(delivery.record.events, delivery.schedule, delivery.rewinds);
  Projector projector(log, *history, *store);
  RC_ASSERT(projector.start().ok());
  for (;;) {
    const auto consumed = projector.step(*rc::gen::inRange<std::size_t>(1, 9));
    RC_ASSERT(consumed.ok());
    if (*consumed == 0) break;
  }
  RC_ASSERT(projector.applied() == static_cast<Position>(delivery.record.events.size()));
}

RC_GTEST_PROP(ProjectionProperty, ProjectorMayRestartAfterAnyPage, ()) {
  Delivery delivery = any_delivery();
  memory::MemoryViews views;
  const auto history = memory::open_history(delivery.record);
  const auto store = memory::open_projection_store(views);
  ScheduledLog log(delivery.record.events, delivery.schedule, delivery.rewinds);
  for (std::size_t consumed = 1; consumed != 0;) {
    Projector projector(log, *history, *store);
    RC_ASSERT(projector.start().ok());
    const auto page = projector.step(*rc::gen::inRange<std::size_t>(1, 9));
    RC_ASSERT(page.ok());
    consumed = *page;
  }
  RC_ASSERT(difference(fold_rows(delivery.record.events), views.rows) == std::string());
}

}  // namespace
}  // namespace cqrs
