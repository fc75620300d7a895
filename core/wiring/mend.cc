#include "core/wiring/mend.h"

#include "core/log/table_tail.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_set>

namespace cqrs {
namespace {

constexpr std::size_t kBatch = 500;

bool of_record(RepairAction action) {
  return action == RepairAction::kPutStream || action == RepairAction::kMoveEvents ||
         action == RepairAction::kRemoveEvent;
}

bool of_views(RepairAction action) {
  return action == RepairAction::kPutView || action == RepairAction::kRemoveView;
}

// One generation, owned while the repair works.
struct Views {
  std::unique_ptr<ProjectionStore> store;
  Acquired acquired;
  // Rows and the checkpoint as it is.
  Status commit(ViewChanges changes) {
    changes.checkpoint = acquired.checkpoint;
    return store->commit(acquired.epoch, changes);
  }
};

class Repair {
 public:
  Repair(RepairStores& stores, const RepairHeader& header, const EachRepair& each)
      : stores_(stores), header_(header), each_(each) {}

  Result<RepairOutcome> run() {
    CQRS_TRY(open());
    CQRS_TRY(survey());
    if (survey_.changes_record()) {
      auto anew = stores_.before_record(survey_);
      if (!anew) return anew.error();
      CQRS_TRY(mend_record(*anew));
      CQRS_TRY(stores_.after_record());
      if (survey_.renew_topics) ++outcome_.applied;
    }
    CQRS_TRY(mend_views());
    return outcome_;
  }

 private:
  Status open() {
    auto incarnation = stores_.history->incarnation();
    if (!incarnation) return incarnation.error();
    if (*incarnation != header_.incarnation) {
      return invalid("FILE", "the plan was made for another write store than the one in " +
                                 stores_.where +
                                 ": make a new one with cqrsctl verify --emit-repair");
    }
    for (const int generation : stores_.generations) {
      auto store = stores_.open_views(generation);
      if (!store) return store.error();
      auto acquired = (*store)->acquire();
      if (!acquired) return acquired.error();
      views_[generation] = {std::move(*store), std::move(*acquired)};
    }
    if (views_.contains(header_.generation)) return {};
    return make_error(ErrorCode::kNotFound,
                      "the plan is for generation " + std::to_string(header_.generation) +
                          " of the views, which is gone: make a new one with cqrsctl verify "
                          "--emit-repair");
  }

  Status survey() {
    CQRS_TRY(each_([&](const RepairItem& item) -> Status {
      if (of_record(item.action)) ++survey_.record_items;
      if (item.action == RepairAction::kNone) ++survey_.impossible;
      if (item.action == RepairAction::kRenewTopics) survey_.renew_topics = true;
      for (const auto& event : item.events) {
        if (event.to == 0) {
          survey_.places[event.from];
          first_removed_ = std::min(first_removed_, event.from);
        } else {
          survey_.places[event.to] = event.id;
        }
      }
      return stores_.still_owned();
    }));
    outcome_.impossible = survey_.impossible;
    return {};
  }

  // Checkpoints first go back to before the first change, and forward again after it: whenever this
  // is interrupted, projectors start at events that are what they were, and their gate drops what
  // the views know already.
  Status mend_record(bool begin_in_record) {
    std::map<int, Position> before;
    for (auto& [number, views] : views_) {
      before[number] = views.acquired.checkpoint.applied;
      if (survey_.places.empty()) continue;
      const Position lowest = survey_.places.begin()->first;
      if (before[number] >= lowest) CQRS_TRY(set_applied(views, lowest - 1));
    }
    const RecordWork work = [&](RecordRepair& repair) {
      return each_([&](const RepairItem& item) { return mend(repair, item); });
    };
    if (survey_.record_items > 0) CQRS_TRY(stores_.repair_record(work));
    auto head = stores_.history->head();
    if (!head) return head.error();
    // Where an event was taken out, a command may have put another one meanwhile.
    const Position end = std::min(*head, first_removed_ - 1);
    for (auto& [number, views] : views_) {
      const Position applied = std::min(before[number], end);
      const bool moved = applied != views.acquired.checkpoint.applied;
      if (moved || begin_in_record) CQRS_TRY(set_applied(views, applied));
    }
    return {};
  }

  Status mend(RecordRepair& repair, const RepairItem& item) {
    CQRS_TRY(stores_.still_owned());
    if (!of_record(item.action)) return {};
    auto done = item.action == RepairAction::kPutStream    ? repair.put_stream(item)
                : item.action == RepairAction::kMoveEvents ? repair.move_events(item)
                                                           : repair.remove_event(item);
    if (!done) return done.error();
    ++(*done ? outcome_.applied : outcome_.skipped);
    return {};
  }

  Status set_applied(Views& views, Position applied) {
    Checkpoint& checkpoint = views.acquired.checkpoint;
    Uuid anchor;
    if (applied > 0) {
      auto events = stores_.history->read(applied - 1, 1);
      if (!events) return events.error();
      if (!events->empty()) anchor = events->front().event_id;
    }
    checkpoint.cursor = TableTail::after(applied);
    checkpoint.applied = applied;
    checkpoint.event_id = anchor;
    return views.commit({});
  }

  Status mend_views() {
    std::vector<RepairItem> batch;
    CQRS_TRY(each_([&](const RepairItem& item) -> Status {
      if (!of_views(item.action)) return {};
      batch.push_back(item);
      if (batch.size() < kBatch) return {};
      auto status = mend_rows(batch);
      batch.clear();
      return status;
    }));
    return mend_rows(batch);
  }

  Status mend_rows(std::vector<RepairItem>& batch) {
    if (batch.empty()) return {};
    CQRS_TRY(stores_.still_owned());
    Views& views = views_.at(header_.generation);
    const auto& parked = views.acquired.parked;
    const std::unordered_set<StreamKey> blocked(parked.begin(), parked.end());
    std::vector<StreamKey> keys;
    keys.reserve(batch.size());
    for (const auto& item : batch) keys.push_back(item.entity);
    auto rows = views.store->load(keys);
    if (!rows) return rows.error();
    ViewChanges changes;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      RepairItem& item = batch[i];
      const auto& row = (*rows)[i];
      std::optional<SeenRow> seen;
      if (row) seen = SeenRow{row->version, row->digest};
      auto known = stores_.streams->fetch(item.entity);
      if (!known) return known.error();
      const bool put = item.action == RepairAction::kPutView;
      const bool wanted = put == known->has_value();
      if (seen != item.seen || !wanted || blocked.contains(item.entity)) {
        ++outcome_.skipped;
        continue;
      }
      ++outcome_.applied;
      if (put) {
        changes.rows.push_back(std::move(item.row));
        changes.before.push_back(row);
      } else {
        changes.removed.push_back(item.entity);
      }
    }
    return views.commit(std::move(changes));
  }

  RepairStores& stores_;
  const RepairHeader& header_;
  const EachRepair& each_;
  std::map<int, Views> views_;
  RepairSurvey survey_;
  Position first_removed_ = std::numeric_limits<Position>::max();
  RepairOutcome outcome_;
};

}  // namespace

Result<RepairOutcome> mend(RepairStores& stores, const RepairHeader& header,
                           const EachRepair& each) {
  return Repair(stores, header, each).run();
}

}  // namespace cqrs
