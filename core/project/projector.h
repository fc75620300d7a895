// Moves events from a log into views, one page per step. Every aggregate passes one gate: what is
// known already is dropped, what follows is applied, and a gap is filled from the record first.
// No thread, clock or sleep inside: whoever drives it decides when to step again.
#pragma once

#include "core/log/event_log.h"
#include "core/project/commit_lane.h"
#include "core/project/projection_store.h"
#include "core/project/written_rows.h"
#include "core/write/history.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>

namespace cqrs {

struct ProjectorCounters {
  std::uint64_t applied = 0;
  std::uint64_t duplicates = 0;  // dropped: the view knew that version already
  std::uint64_t refetched = 0;   // gaps that were filled from the record
  std::uint64_t parked = 0;
};

class Projector {
 public:
  // All of them must outlive the projector and be used by nobody else meanwhile. Without a lane
  // pages are worked out and committed in turns; with one, a page that is hardly the last one is
  // committed while the next is worked out.
  Projector(EventLog& log, History& record, ProjectionStore& store, CommitLane* lane = nullptr)
      : log_(log), record_(record), store_(store), lane_(lane) {}

  // Becomes the owner of the views and picks up at their checkpoint. Errors: corrupt when the views
  // were built from another record than this one (another incarnation, or another event at the
  // checkpoint's position): rebuild them by replay. Otherwise what the ports report.
  [[nodiscard]] Status start();

  // Applies at most one page of `max` events; the number consumed, 0 when nothing is new. Between
  // two steps nothing is on its way into the store.
  // Errors: version_conflict (another owner took over: stop), corrupt (an event is missing from the
  // record), unavailable (step again later; nothing was half done).
  [[nodiscard]] Result<std::size_t> step(std::size_t max);

  // Every event up to here is in the views or parked.
  [[nodiscard]] Position applied() const { return checkpoint_.applied; }
  // When the last event that this object applied was recorded; 0 before the first.
  [[nodiscard]] Timestamp last_recorded() const { return last_recorded_; }
  [[nodiscard]] const ProjectorCounters& counters() const { return counters_; }

 private:
  // A page on its way into the store.
  struct Page {
    std::unique_ptr<PreparedCommit> commit;
    std::unordered_set<StreamKey> parked;
    ProjectorCounters counters;
    std::size_t consumed = 0;
    Timestamp last_recorded;
    bool full = false;  // as many events as were asked for
  };
  // Reads and applies what follows the pending page, or what is stored when there is none; nothing
  // when nothing is new.
  [[nodiscard]] Result<std::optional<Page>> work_out(std::size_t max);
  [[nodiscard]] Status set_applied(Checkpoint& checkpoint, const LogPage& page);
  // The pending page, and beside it the one behind it.
  [[nodiscard]] Status commit_pending(std::size_t max);

  std::optional<Page> pending_;
  std::optional<Page> next_;  // worked out on top of the pending one
  Checkpoint checkpoint_;     // as it is stored
  Cursor cursor_;             // behind everything that was worked out
  Timestamp last_recorded_;
  std::int64_t epoch_ = 0;
  std::unordered_set<StreamKey> parked_;
  ProjectorCounters counters_;
  WrittenRows written_;
  EventLog& log_;
  History& record_;
  ProjectionStore& store_;
  CommitLane* lane_;
};

}  // namespace cqrs
