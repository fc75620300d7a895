#include "core/verify/repair_planner.h"

#include "core/events/codec.h"
#include "core/project/project_one.h"
#include "core/verify/content.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace cqrs {
namespace {

// The differences of one entity, by the place in which they stand.
struct Problem {
  std::array<std::optional<Difference>, kFindingPlaces> at;
  [[nodiscard]] bool in(FindingPlace place) const { return find(place).has_value(); }
  [[nodiscard]] const std::optional<Difference>& find(FindingPlace place) const {
    return at[static_cast<std::size_t>(place)];
  }
  [[nodiscard]] Difference first() const {
    for (const auto& difference : at) {
      if (difference) return *difference;
    }
    return Difference::kLost;
  }
};

// An entity's events as they should have been stored, and what it takes to get there.
struct Tidied {
  std::vector<Event> events;  // versions 1, 2, 3 … at rising positions
  std::vector<RepairEvent> copies;
  std::vector<RepairEvent> moves;
  std::string broken;  // why that cannot be reached; empty: it can
};

Tidied tidy(std::vector<Event> stored) {
  Tidied out;
  for (auto& event : stored) {
    const std::int64_t last = out.events.empty() ? 0 : out.events.back().version;
    if (event.version == last && event.event_id == out.events.back().event_id) {
      out.copies.push_back({event.event_id, event.version, event.position, 0});
      continue;
    }
    if (event.version != last + 1) {
      out.broken = event.version == last
                       ? "two different events claim version " + std::to_string(last)
                       : "the record has no event for version " + std::to_string(last + 1);
      return out;
    }
    out.events.push_back(std::move(event));
  }
  // Position order is commit order, and an entity's versions were committed in theirs.
  std::vector<Position> positions;
  for (const auto& event : out.events) positions.push_back(event.position);
  std::sort(positions.begin(), positions.end());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    Event& event = out.events[i];
    if (event.position == positions[i]) continue;
    out.moves.push_back({event.event_id, event.version, event.position, positions[i]});
    event.position = positions[i];
  }
  return out;
}

std::optional<SeenRow> seen_of(const std::optional<EntityRow>& row) {
  if (!row) return std::nullopt;
  return SeenRow{row->version, row->digest};
}

class Planner {
 public:
  Planner(const VerifyLane& sources, const RepairSink& sink) : sources_(sources), sink_(sink) {}

  Status run(const Findings& findings) {
    for (const auto& finding : findings.first) {
      if (finding.entity.id.is_nil()) {
        holes_ = true;
        CQRS_TRY(beyond_repair(finding.kind, {},
                               "no event stands at position " + std::to_string(finding.position) +
                                   ", and nothing else tells what it was"));
        continue;
      }
      auto& slot = problems_[finding.entity].at[static_cast<std::size_t>(finding.place)];
      if (!slot) slot = finding.kind;
    }
    CQRS_TRY(find_removable());
    for (const auto& [key, problem] : problems_) CQRS_TRY(plan_record(key, problem));
    // From the end of the record, so that each is the last event when its turn comes.
    std::sort(removals_.begin(), removals_.end(),
              [](const RepairItem& left, const RepairItem& right) {
                return left.events.front().from > right.events.front().from;
              });
    for (const auto& item : removals_) CQRS_TRY(sink_(item));
    if (renewal_) CQRS_TRY(sink_(item_of(RepairAction::kRenewTopics, *renewal_, {})));
    for (const auto& [key, problem] : problems_) CQRS_TRY(plan_view(key, problem));
    return {};
  }

 private:
  // A copy can be taken out where that leaves no hole behind: at the end of the record.
  Status find_removable() {
    std::unordered_set<Position> copies;
    for (const auto& [key, problem] : problems_) {
      if (!problem.in(FindingPlace::kRecord)) continue;
      auto events = sources_.record->stream(key);
      if (!events) return events.error();
      for (const auto& copy : tidy(std::move(*events)).copies) copies.insert(copy.from);
    }
    if (copies.empty()) return {};
    auto head = sources_.record->head();
    if (!head) return head.error();
    removable_from_ = *head + 1;
    while (copies.contains(removable_from_ - 1)) --removable_from_;
    return {};
  }

  Status plan_record(const StreamKey& key, const Problem& problem) {
    auto events = sources_.record->stream(key);
    if (!events) return events.error();
    auto written = sources_.streams->fetch(key);
    if (!written) return written.error();
    Tidied tidied = tidy(std::move(*events));
    const std::int64_t last = tidied.events.empty() ? 0 : tidied.events.back().version;
    if (tidied.broken.empty() && *written && (*written)->version > last) {
      tidied.broken = "the record has no event for version " + std::to_string(last + 1);
    }
    if (!tidied.broken.empty()) {
      return beyond_repair(problem.first(), key,
                           tidied.broken + ": restore the write store from a backup, " +
                               (problem.in(FindingPlace::kTopics)
                                    ? "and keep the topics, which still hold what it lacks"
                                    : "nothing that is left tells what happened then"));
    }
    CQRS_TRY(plan_events(key, tidied));
    CQRS_TRY(plan_topics(key, problem, tidied));
    // A stream that is wrong makes the ledger differ as well, and is mended below.
    if (problem.in(FindingPlace::kLedger) && !problem.in(FindingPlace::kStream)) {
      CQRS_TRY(
          beyond_repair(*problem.find(FindingPlace::kLedger), key,
                        "the client was told of a write that the record does not hold: restore "
                        "the write store from a backup"));
    }
    if (!problem.in(FindingPlace::kStream) && tidied.moves.empty()) return {};
    return plan_stream(key, problem, tidied, *written);
  }

  Status plan_events(const StreamKey& key, const Tidied& tidied) {
    for (const auto& copy : tidied.copies) {
      if (copy.from < removable_from_) {
        CQRS_TRY(beyond_repair(Difference::kDuplicate, key,
                               "the second copy at position " + std::to_string(copy.from) +
                                   " cannot be taken out without leaving a hole: views drop it, "
                                   "and it does no harm there"));
        continue;
      }
      RepairItem item = item_of(RepairAction::kRemoveEvent, Difference::kDuplicate, key);
      item.events = {copy};
      removals_.push_back(std::move(item));
    }
    if (tidied.moves.empty()) return {};
    RepairItem item = item_of(RepairAction::kMoveEvents, Difference::kOrder, key);
    item.events = tidied.moves;
    return sink_(item);
  }

  // Topics are a cache of the record. Where its events are put right, they may be so already. What
  // they hold of a record with holes may be all there is: it stays.
  Status plan_topics(const StreamKey& key, const Problem& problem, const Tidied& tidied) {
    const auto& difference = problem.find(FindingPlace::kTopics);
    if (!difference || !tidied.moves.empty() || !tidied.copies.empty()) return {};
    if (!holes_) {
      renewal_ = renewal_.value_or(*difference);
      return {};
    }
    return beyond_repair(*difference, key,
                         "the topics differ from a record that lacks events: keep them, they may "
                         "hold those, and restore the write store from a backup");
  }

  Status plan_stream(const StreamKey& key, const Problem& problem, const Tidied& tidied,
                     const std::optional<EntityRow>& written) {
    if (tidied.events.empty()) return {};
    auto folded = fold_to(tidied.events, tidied.events.back().version);
    if (!folded) return beyond_repair(problem.first(), key, folded.error().message);
    const auto difference = problem.find(FindingPlace::kStream).value_or(Difference::kOrder);
    RepairItem item = item_of(RepairAction::kPutStream, difference, key);
    item.seen = seen_of(written);
    item.row.key = key;
    item.row.version = (*folded)->version;
    item.row.deleted = !(*folded)->state.has_value();
    item.row.digest = digest_of(key, **folded);
    item.row.position = tidied.events.back().position;
    if ((*folded)->state) append_state(item.row.body, *(*folded)->state);
    return sink_(item);
  }

  Status plan_view(const StreamKey& key, const Problem& problem) {
    auto events = sources_.record->stream(key);
    if (!events) return events.error();
    Tidied tidied = tidy(std::move(*events));
    const bool moved = !tidied.moves.empty();
    if (problem.in(FindingPlace::kExtra) && !problem.in(FindingPlace::kView)) {
      return beyond_repair(
          *problem.find(FindingPlace::kExtra), key,
          "an index beside the view differs: rebuild the views with cqrsctl replay "
          "--switch --execute");
    }
    if ((!problem.in(FindingPlace::kView) && !moved) || !tidied.broken.empty()) return {};
    const auto difference = problem.find(FindingPlace::kView).value_or(Difference::kOrder);
    auto shown = sources_.views->fetch(key);
    if (!shown) return shown.error();
    if (tidied.events.empty()) return plan_removal(key, difference, *shown);
    auto row = project_one(std::move(tidied.events));
    if (!row) return beyond_repair(difference, key, row.error().message);
    const bool same = *shown && (*shown)->version == row->version &&
                      (*shown)->digest == row->digest && (*shown)->content == row->body &&
                      (*shown)->position == row->position;
    if (same) return {};
    RepairItem item = item_of(RepairAction::kPutView, difference, key);
    item.seen = seen_of(*shown);
    item.row = std::move(*row);
    return sink_(item);
  }

  // Only a row of which neither events nor stream know.
  Status plan_removal(const StreamKey& key, Difference difference,
                      const std::optional<EntityRow>& shown) {
    auto written = sources_.streams->fetch(key);
    if (!written) return written.error();
    if (*written || !shown) return {};
    RepairItem item = item_of(RepairAction::kRemoveView, difference, key);
    item.seen = seen_of(shown);
    return sink_(item);
  }

  static RepairItem item_of(RepairAction action, Difference difference, const StreamKey& key) {
    RepairItem item;
    item.action = action;
    item.difference = difference;
    item.entity = key;
    return item;
  }

  Status beyond_repair(Difference difference, const StreamKey& key, std::string reason) {
    RepairItem item = item_of(RepairAction::kNone, difference, key);
    item.reason = std::move(reason);
    return sink_(item);
  }

  const VerifyLane& sources_;
  const RepairSink& sink_;
  std::map<StreamKey, Problem> problems_;
  Position removable_from_ = 0;
  std::vector<RepairItem> removals_;
  bool holes_ = false;                 // in the positions, and nobody knows whose
  std::optional<Difference> renewal_;  // what makes the topics be given anew
};

}  // namespace

Status plan_repair(const VerifyLane& sources, const Findings& findings, const RepairSink& sink) {
  return Planner(sources, sink).run(findings);
}

}  // namespace cqrs
