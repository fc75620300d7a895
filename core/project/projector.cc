#include "core/project/projector.h"

#include "core/project/page_gate.h"

#include <utility>

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
  // Whatever stands in the views was made from events that the record has by now: nobody else
  // commits any more.
  auto head = record_.head();
  if (!head) return head.error();
  const bool is_new = acquired->checkpoint == Checkpoint();
  written_.begin(is_new ? 0 : *head);
  epoch_ = acquired->epoch;
  checkpoint_ = std::move(acquired->checkpoint);
  checkpoint_.incarnation = *incarnation;
  cursor_ = checkpoint_.cursor;
  parked_ = {acquired->parked.begin(), acquired->parked.end()};
  pending_.reset();
  next_.reset();
  return {};
}

Result<std::size_t> Projector::step(std::size_t max) {
  if (!pending_) {
    auto page = work_out(max);
    if (!page) return page.error();
    pending_ = std::move(*page);
  }
  // Before the last page is there for readers.
  if (!pending_ || !pending_->full) CQRS_TRY(store_.caught_up(epoch_));
  if (!pending_) return std::size_t{0};
  // Stays pending unless it is stored: a commit whose answer got lost is repeated as it was, and
  // what was worked out on top of it stays true.
  CQRS_TRY(commit_pending(max));
  const std::size_t consumed = pending_->consumed;
  checkpoint_ = pending_->commit->changes().checkpoint;
  last_recorded_ = pending_->last_recorded;
  parked_ = std::move(pending_->parked);
  counters_ = pending_->counters;
  pending_ = std::exchange(next_, std::nullopt);
  return consumed;
}

Status Projector::commit_pending(std::size_t max) {
  const auto commit = [this] { return store_.commit(epoch_, *pending_->commit); };
  if (lane_ == nullptr) return commit();
  lane_->begin(commit);
  // Behind a page that is not full there is nothing yet, and a log may wait for what is new while
  // readers wait for this page.
  if (pending_->full && !next_) {
    auto page = work_out(max);
    // What went wrong goes wrong again when it is its turn.
    if (page) next_ = std::move(*page);
  }
  return lane_->finish();
}

Result<std::optional<Projector::Page>> Projector::work_out(std::size_t max) {
  auto page = log_.read(cursor_, max);
  if (!page) return page.error();
  const ViewChanges* under_way = pending_ ? &pending_->commit->changes() : nullptr;
  const Checkpoint& reached = under_way != nullptr ? under_way->checkpoint : checkpoint_;
  // A page without events may still tell that everything up to a later position has been seen.
  if (page->events.empty() && page->complete_to <= reached.applied) {
    // Not worth a commit, but where the log goes on: what a log of partitions tells comes in parts,
    // and whoever reads the first part again and again never sees the last.
    cursor_ = page->next;
    return std::optional<Page>();
  }

  // Counters and the parked set are changed only when the page is stored.
  Page worked_out;
  worked_out.parked = pending_ ? pending_->parked : parked_;
  worked_out.counters = pending_ ? pending_->counters : counters_;
  PageGate gate(record_, worked_out.parked, worked_out.counters);
  CQRS_TRY(gate.load(store_, {written_, under_way}, page->events));
  for (const auto& event : page->events) CQRS_TRY(gate.pass(event));

  ViewChanges changes = gate.take_changes();
  changes.checkpoint = reached;
  changes.checkpoint.cursor = page->next;
  CQRS_TRY(set_applied(changes.checkpoint, *page));
  written_.note(changes.rows);
  auto commit = store_.prepare(std::move(changes));
  if (!commit) return commit.error();
  worked_out.commit = std::move(*commit);
  worked_out.consumed = page->events.size();
  worked_out.full = page->events.size() >= max;
  worked_out.last_recorded = pending_ ? pending_->last_recorded : last_recorded_;
  if (!page->events.empty()) worked_out.last_recorded = page->events.back().recorded_at;
  cursor_ = page->next;
  return std::optional<Page>(std::move(worked_out));
}

Status Projector::set_applied(Checkpoint& checkpoint, const LogPage& page) {
  if (page.complete_to <= checkpoint.applied) return {};
  auto anchor = anchor_of(record_, page);
  if (!anchor) return anchor.error();
  checkpoint.applied = page.complete_to;
  checkpoint.event_id = *anchor;
  return {};
}

}  // namespace cqrs
