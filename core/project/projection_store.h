// Where a projector keeps its views: rows and checkpoint change together, guarded by an epoch.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/log/event_log.h"
#include "core/read/view_row.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cqrs {

struct Checkpoint {
  Cursor cursor;
  Position applied = 0;  // every event up to here is in the views (or parked)
  Uuid event_id;         // of the event at `applied`; nil at the beginning
  Uuid incarnation;      // of the record the views were built from; nil when they are new
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// An event that could not be applied, kept in order with every later one of its aggregate.
struct ParkedEvent {
  Event event;
  std::string reason;
};

struct Acquired {
  std::int64_t epoch = 0;  // larger than every earlier owner's
  Checkpoint checkpoint;
  std::vector<StreamKey> parked;  // aggregates with parked events
};

struct ViewChanges {
  std::vector<ViewRow> rows;  // inserted or replaced, each key once
  std::vector<ParkedEvent> parked;
  Checkpoint checkpoint;
  std::vector<StreamKey> removed = {};  // rows that nothing led to: only a repair takes rows out
  // What stands in the place of each of `rows`, in their order, nothing where there is none. Empty
  // when the caller has not looked: a store that needs to know looks itself.
  std::vector<std::optional<ViewRow>> before = {};
};

// One commit, worked out as far as that goes without the store.
class PreparedCommit {
 public:
  explicit PreparedCommit(ViewChanges changes) : changes_(std::move(changes)) {}
  PreparedCommit(const PreparedCommit&) = delete;
  PreparedCommit& operator=(const PreparedCommit&) = delete;
  virtual ~PreparedCommit() = default;
  [[nodiscard]] virtual const ViewChanges& changes() const { return changes_; }

 private:
  ViewChanges changes_;
};

// Used by one thread at a time, but for this: while one thread is in commit(), another one may load
// and prepare what comes next. Implementations: core/adapters/{memory,sqlite,redis,mongo,postgres}.
class ProjectionStore {
 public:
  virtual ~ProjectionStore() = default;
  // What the last owner committed; changes nothing. Errors: unavailable, corrupt.
  [[nodiscard]] virtual Result<Checkpoint> checkpoint() = 0;
  // Becomes the owner: whoever held an earlier epoch can commit no more. Error: unavailable.
  [[nodiscard]] virtual Result<Acquired> acquire() = 0;
  // The rows as they are now, one entry per key, in order. Error: unavailable, corrupt.
  [[nodiscard]] virtual Result<std::vector<std::optional<ViewRow>>> load(
      std::span<const StreamKey> keys) = 0;
  // Does ahead of its turn what commit() can do before the last one has ended. Changes nothing.
  // Error: corrupt.
  [[nodiscard]] virtual Result<std::unique_ptr<PreparedCommit>> prepare(ViewChanges changes);
  // Rows, parked events and checkpoint together, or nothing. `prepared` comes from prepare() of
  // this object, and may be committed again when the answer got lost. Errors: version_conflict
  // (another owner has a later epoch, or the store went back to an earlier state: stop),
  // unavailable (nothing was written).
  [[nodiscard]] virtual Status commit(std::int64_t epoch, const PreparedCommit& prepared) = 0;
  // Both in one go.
  [[nodiscard]] Status commit(std::int64_t epoch, ViewChanges changes);
  // The log has nothing more for now, or nothing but what the next commit brings: what was put off
  // while the views were filled is made good. Called often, never beside a commit; quick when there
  // is nothing to do. Errors: as those of commit().
  [[nodiscard]] virtual Status caught_up(std::int64_t /*epoch*/) { return {}; }
};

}  // namespace cqrs
