#include "core/wiring/repair.h"

#include "core/adapters/sqlite/record_repair.h"
#include "core/log/table_tail.h"
#include "core/wiring/embedded.h"

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
  Repair(const DataDir& dir, const RepairHeader& header, const EachRepair& each)
      : dir_(dir), header_(header), each_(each) {}

  Result<RepairOutcome> run() {
    CQRS_TRY(open());
    CQRS_TRY(survey());
    if (record_items_ > 0) CQRS_TRY(mend_record());
    CQRS_TRY(mend_views());
    return outcome_;
  }

 private:
  Status open() {
    auto generations = embedded::list_generations(dir_);
    if (!generations) return generations.error();
    auto history = embedded::open_history(dir_);
    if (!history) return history.error();
    history_ = std::move(*history);
    auto incarnation = history_->incarnation();
    if (!incarnation) return incarnation.error();
    if (*incarnation != header_.incarnation) {
      return invalid("FILE", "the plan was made for another write store than the one in " +
                                 dir_.root + ": make a new one with cqrsctl verify --emit-repair");
    }
    for (const auto& generation : *generations) {
      auto store = embedded::open_projection(dir_, generation.number);
      if (!store) return store.error();
      auto acquired = (*store)->acquire();
      if (!acquired) return acquired.error();
      views_[generation.number] = {std::move(*store), std::move(*acquired)};
    }
    if (views_.contains(header_.generation)) return {};
    return make_error(ErrorCode::kNotFound,
                      "the plan is for generation " + std::to_string(header_.generation) +
                          " of the views, which is gone: make a new one with cqrsctl verify "
                          "--emit-repair");
  }

  // The first position whose event changes.
  Status survey() {
    return each_([&](const RepairItem& item) -> Status {
      if (of_record(item.action)) ++record_items_;
      if (item.action == RepairAction::kNone) ++outcome_.impossible;
      for (const auto& event : item.events) {
        const Position first = event.to == 0 ? event.from : std::min(event.from, event.to);
        lowest_ = std::min(lowest_, first);
      }
      return {};
    });
  }

  // Checkpoints first go back to before the first change, and forward again after it: whenever this
  // is interrupted, projectors start at events that are what they were, and their gate drops what
  // the views know already.
  Status mend_record() {
    std::map<int, Position> before;
    for (auto& [number, views] : views_) {
      before[number] = views.acquired.checkpoint.applied;
      if (before[number] >= lowest_) CQRS_TRY(set_applied(views, lowest_ - 1));
    }
    auto repair = sqlite::begin_record_repair(dir_.write_db());
    if (!repair) return repair.error();
    CQRS_TRY(each_([&](const RepairItem& item) { return mend(**repair, item); }));
    CQRS_TRY((*repair)->commit());
    auto head = history_->head();
    if (!head) return head.error();
    for (auto& [number, views] : views_) {
      const Position applied = std::min(before[number], *head);
      if (applied != views.acquired.checkpoint.applied) CQRS_TRY(set_applied(views, applied));
    }
    return {};
  }

  Status mend(sqlite::RecordRepair& repair, const RepairItem& item) {
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
      auto events = history_->read(applied - 1, 1);
      if (!events) return events.error();
      if (!events->empty()) anchor = events->front().event_id;
    }
    checkpoint.cursor = TableTail::after(applied);
    checkpoint.applied = applied;
    checkpoint.event_id = anchor;
    return views.commit({});
  }

  Status mend_views() {
    auto streams = embedded::open_sources(dir_, header_.generation);
    if (!streams) return streams.error();
    streams_ = std::move(streams->streams);
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
    Views& views = views_.at(header_.generation);
    const auto& parked = views.acquired.parked;
    const std::unordered_set<StreamKey> blocked(parked.begin(), parked.end());
    std::vector<StreamKey> keys;
    for (const auto& item : batch) keys.push_back(item.entity);
    auto rows = views.store->load(keys);
    if (!rows) return rows.error();
    ViewChanges changes;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      RepairItem& item = batch[i];
      const auto& row = (*rows)[i];
      std::optional<SeenRow> seen;
      if (row) seen = SeenRow{row->version, row->digest};
      auto known = streams_->fetch(item.entity);
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

  const DataDir& dir_;
  const RepairHeader& header_;
  const EachRepair& each_;
  std::unique_ptr<History> history_;
  std::unique_ptr<EntitySource> streams_;
  std::map<int, Views> views_;
  std::int64_t record_items_ = 0;
  Position lowest_ = std::numeric_limits<Position>::max();
  RepairOutcome outcome_;
};

}  // namespace

Result<RepairOutcome> apply_repair(const DataDir& dir, const RepairHeader& header,
                                   const EachRepair& each) {
  // Before the lock, which would make the directory.
  auto generations = embedded::list_generations(dir);
  if (!generations) return generations.error();
  auto lock = DataDirLock::acquire(dir);
  if (!lock) return lock.error();
  return Repair(dir, header, each).run();
}

}  // namespace cqrs
