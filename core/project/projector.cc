#include "core/project/projector.h"

#include "core/project/page_gate.h"

namespace cqrs {
namespace {

Error foreign_record(const std::string& what) {
  return make_error(ErrorCode::kCorrupt, "the views were built from another write store (" + what +
                                             "): rebuild them with cqrsctl up --rebuild-views");
}

// The event that the checkpoint stands on must be the very one in the record.
Status check_anchor(History& record, const Checkpoint& checkpoint, const Uuid& incarnation) {
  if (checkpoint.incarnation.is_nil()) return {};
  if (checkpoint.incarnation != incarnation) return foreign_record("its incarnation differs");
  if (checkpoint.applied == 0) return {};
  auto events = record.read(checkpoint.applied - 1, 1);
  if (!events) return events.error();
  if (events->empty()) {
    return foreign_record("it ends before position " + std::to_string(checkpoint.applied));
  }
  if (events->front().event_id != checkpoint.event_id) {
    return foreign_record("the event at position " + std::to_string(checkpoint.applied) +
                          " differs");
  }
  return {};
}

// The id of the event at the end of the contiguous prefix, wherever in the log it was handed out.
Result<Uuid> anchor_of(History& record, const LogPage& page) {
  for (const auto& event : page.events) {
    if (event.position == page.complete_to) return event.event_id;
  }
  auto events = record.read(page.complete_to - 1, 1);
  if (!events) return events.error();
  if (events->empty()) {
    return make_error(ErrorCode::kCorrupt,
                      "the log is ahead of the record, which ends before "
                      "position " +
                          std::to_string(page.complete_to));
  }
  return events->front().event_id;
}

}  // namespace

Status Projector::start() {
  auto incarnation = record_.incarnation();
  if (!incarnation) return incarnation.error();
  // Looked at before it is taken: a projector of another record must not end the rightful owner.
  auto present = store_.checkpoint();
  if (!present) return present.error();
  CQRS_TRY(check_anchor(record_, *present, *incarnation));
  auto acquired = store_.acquire();
  if (!acquired) return acquired.error();
  if (acquired->checkpoint != *present) {
    CQRS_TRY(check_anchor(record_, acquired->checkpoint, *incarnation));
  }
  epoch_ = acquired->epoch;
  checkpoint_ = std::move(acquired->checkpoint);
  checkpoint_.incarnation = *incarnation;
  parked_ = {acquired->parked.begin(), acquired->parked.end()};
  pending_.reset();
  return {};
}

Result<std::size_t> Projector::step(std::size_t max) {
  if (!pending_) CQRS_TRY(prepare(max));
  if (!pending_) return std::size_t{0};
  // Stays pending unless it is stored: a commit whose answer got lost is repeated as it was.
  CQRS_TRY(store_.commit(epoch_, pending_->changes));
  const std::size_t consumed = pending_->consumed;
  checkpoint_ = std::move(pending_->changes.checkpoint);
  last_recorded_ = pending_->last_recorded;
  parked_ = std::move(pending_->parked);
  counters_ = pending_->counters;
  pending_.reset();
  return consumed;
}

Status Projector::prepare(std::size_t max) {
  auto page = log_.read(checkpoint_.cursor, max);
  if (!page) return page.error();
  // A page without events may still tell that everything up to a later position has been seen.
  if (page->events.empty() && page->complete_to <= checkpoint_.applied) {
    // Not worth a commit, but where the log goes on: what a log of partitions tells comes in parts,
    // and whoever reads the first part again and again never sees the last.
    checkpoint_.cursor = page->next;
    return {};
  }

  // Counters and the parked set are changed only when the page is stored.
  auto parked = parked_;
  auto counters = counters_;
  PageGate gate(record_, parked, counters);
  CQRS_TRY(gate.load(store_, page->events));
  for (const auto& event : page->events) CQRS_TRY(gate.pass(event));

  ViewChanges changes = gate.take_changes();
  changes.checkpoint = checkpoint_;
  changes.checkpoint.cursor = page->next;
  if (page->complete_to > checkpoint_.applied) {
    auto anchor = anchor_of(record_, *page);
    if (!anchor) return anchor.error();
    changes.checkpoint.applied = page->complete_to;
    changes.checkpoint.event_id = *anchor;
  }
  pending_ = Page{std::move(changes), std::move(parked), counters, page->events.size(),
                  page->events.empty() ? last_recorded_ : page->events.back().recorded_at};
  return {};
}

}  // namespace cqrs
