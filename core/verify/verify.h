// Verify: compares every edge of the system and says, edge by edge, what was compared and what
// differs.
#pragma once

#include "core/base/result.h"
#include "core/log/event_log.h"
#include "core/read/cache.h"
#include "core/verify/entity_source.h"
#include "core/verify/event_copies.h"
#include "core/verify/finding.h"
#include "core/verify/ledger.h"
#include "core/verify/op_ledger_edge.h"
#include "core/verify/scope.h"
#include "core/verify/view_edge.h"
#include "core/write/history.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

struct VerifyChecks {
  bool views = true;  // streams -> views
  bool order = true;  // events -> streams: order, gaps, duplicates; topics, sink
  CompareMode mode = CompareMode::kDigests;  // kDeep also folds the events
  bool extras = true;                        // kDeep: also what stands beside the views
};

// One set of sources; used by one thread at a time.
struct VerifyLane {
  EntitySource* streams = nullptr;
  EntitySource* views = nullptr;
  EventAudit* record = nullptr;
  EventLog* topics = nullptr;  // both, or neither: where events are published
  History* history = nullptr;
  CacheAudit* cache = nullptr;    // nothing: no cache stands in front of the views
  EventCopies* copies = nullptr;  // nothing: the topics are brought to no other store
};

// Carries out tasks 0 … tasks-1, each once, by calling run(task, lane): at most one at a time in a
// lane, and returns when all are done.
using RunTasks = std::function<void(
    std::size_t tasks, const std::function<void(std::size_t task, std::size_t lane)>& run)>;

struct VerifyInput {
  EntitySource* streams = nullptr;  // these and all down to `copies` are lane 0
  EntitySource* views = nullptr;
  EventAudit* record = nullptr;
  EventLog* topics = nullptr;
  History* history = nullptr;
  CacheAudit* cache = nullptr;
  EventCopies* copies = nullptr;
  std::vector<VerifyLane> more_lanes;  // 1, 2 … over the same stores
  RunTasks run_tasks;                  // empty: one after the other in lane 0
  std::vector<const Ledger*> ledgers;  // of seeds; may be empty
  std::vector<const OpLedger*> loads;  // of loads; may be empty
  VerifyChecks checks;
  std::size_t limit = 100;  // findings kept in full
  // Nothing: the head. Events after it are not judged, and the views need not have them.
  std::optional<Position> as_of;
  // Differences of entities whose last event is later than this are counted and not judged.
  Timestamp young_after = Scope().young_after;
  // Called while the views are behind, or, from the thread of any lane, the topics or the sink;
  // waits a little and returns false when patience is over.
  std::function<bool()> keep_waiting;
  // Called after every page with the rows just read, from the thread of any lane; false ends the
  // verification with the error timeout. May be empty.
  std::function<bool(std::int64_t rows)> progress;
};

enum class Verdict : std::uint8_t { kPass, kFail, kInconclusive };
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct EdgeReport {
  std::string name;  // "streams = users view"
  std::int64_t compared = 0;
  std::int64_t rows_fetched = 0;
  std::int64_t differences = 0;
  // Equal copies, which readers absorb: no differences. Only of an edge where they are normal.
  std::optional<std::int64_t> duplicates;
  std::string note;  // what of it was not compared, and why; empty: everything was
};

struct VerifyReport {
  Verdict verdict = Verdict::kInconclusive;
  std::string reason;    // why inconclusive, or what a pass does not cover
  Position head = 0;     // of the record when verification began
  Position as_of = 0;    // P: every event up to here was to be in the views
  Position applied = 0;  // and how far they were
  std::int64_t entities = 0;
  std::int64_t rows_fetched = 0;
  std::int64_t indeterminate = 0;
  std::int64_t in_flight = 0;  // of ledgers that are being written: not judged
  std::vector<EdgeReport> edges;
  Findings findings;
};

// Errors: invalid (as_of is not a position of the record: names the head), timeout (progress ended
// it), and those of the sources: verify could not be carried out, which is neither pass nor fail.
[[nodiscard]] Result<VerifyReport> verify(const VerifyInput& input);

}  // namespace cqrs
