#include "core/verify/record_edge.h"

#include "core/events/codec.h"
#include "core/verify/content.h"
#include "core/verify/cursors.h"
#include "core/verify/stream_look.h"

#include <algorithm>

namespace cqrs {
namespace {

class RecordEdge {
 public:
  RecordEdge(EventAudit& record, EntitySource& streams, Kind kind, bool deep, Findings& findings,
             const Scope& scope)
      : record_(record),
        streams_(streams),
        kind_(kind),
        deep_(deep),
        scope_(scope),
        look_(record, streams, deep, scope, findings) {}

  Result<RecordCheck> run() {
    EventCursor events(record_, kind_, deep_, &scope_);
    EntityCursor rows(streams_, kind_, deep_, &scope_);
    CQRS_TRY(events.advance());
    CQRS_TRY(rows.advance());
    while (events.event() != nullptr || rows.row() != nullptr) {
      const Uuid id = lowest(events, rows);
      group_.clear();
      while (events.event() != nullptr && events.event()->stream.id == id) {
        check_.events += scope_.beyond(events.event()->position) ? 0 : 1;
        check_.present += events.event()->position <= scope_.counted_to ? 1 : 0;
        group_.push_back(std::move(*events.event()));
        CQRS_TRY(events.advance());
      }
      const bool has_row = rows.row() != nullptr && rows.row()->id == id;
      ++check_.streams;
      if (!has_row || !consistent(*rows.row())) CQRS_TRY(look_.look({kind_, id}, check_));
      if (has_row) CQRS_TRY(rows.advance());
    }
    return std::move(check_);
  }

 private:
  static Uuid lowest(EventCursor& events, EntityCursor& rows) {
    if (events.event() == nullptr) return rows.row()->id;
    if (rows.row() == nullptr) return events.event()->stream.id;
    return std::min(events.event()->stream.id, rows.row()->id);
  }

  // The quick test of the scan; says only that something needs a second look.
  [[nodiscard]] bool consistent(const EntityRow& row) {
    if (group_.empty()) return false;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (group_[i].version != static_cast<std::int64_t>(i) + 1) return false;
      if (i > 0 && group_[i].position <= group_[i - 1].position) return false;
    }
    if (row.version != group_.back().version) return false;
    if (!deep_) return true;
    auto folded = fold_to(group_, row.version);
    return folded.ok() && *folded && holds(row, **folded) &&
           digest_of({kind_, row.id}, **folded) == row.digest;
  }

  // Writing the folded state down is cheaper than reading the stored one, and usually gives the
  // very same bytes.
  [[nodiscard]] bool holds(const EntityRow& row, const Content& folded) {
    if (row.deleted != !folded.state) return false;
    if (row.deleted) return true;
    text_.clear();
    append_state(text_, *folded.state);
    if (text_ == row.content) return true;
    auto stored = read_content(streams_.format(), kind_, row);
    return stored.ok() && *stored == folded;
  }

  EventAudit& record_;
  EntitySource& streams_;
  Kind kind_;
  bool deep_;
  const Scope& scope_;
  StreamLook look_;
  RecordCheck check_;
  std::vector<Event> group_;
  std::string text_;
};

// The gap, among those that still miss something, that ends first: with holes in ascending order
// this choice explains as many of them as can be.
EventGap* gap_over(std::vector<EventGap>& gaps, Position hole) {
  EventGap* chosen = nullptr;
  for (auto& gap : gaps) {
    if (gap.events == 0 || hole <= gap.after || hole > gap.until) continue;
    if (chosen == nullptr || gap.until < chosen->until) chosen = &gap;
  }
  return chosen;
}

}  // namespace

Result<RecordCheck> check_record(EventAudit& record, EntitySource& streams, Kind kind, bool deep,
                                 Findings& findings, const Scope& scope) {
  return RecordEdge(record, streams, kind, deep, findings, scope).run();
}

Status check_positions(EventAudit& record, Position up_to, std::int64_t present,
                       std::vector<EventGap> gaps, Findings& findings) {
  constexpr std::size_t kNamed = 10'000;
  const auto count = std::max<std::int64_t>(up_to - present, 0);
  if (count == 0) return {};
  auto holes = record.missing(up_to, kNamed);
  if (!holes) return holes.error();
  const auto unnamed = count - static_cast<std::int64_t>(holes->size());
  for (std::int64_t i = 0; i < unnamed; ++i) holes->push_back(0);
  for (const Position hole : *holes) {
    EventGap* gap = gap_over(gaps, hole);
    if (gap != nullptr) {
      --gap->events;
      if (gap->unsure) findings.add(std::move(*gap->unsure));
      gap->unsure.reset();
      continue;
    }
    Finding finding;
    finding.kind = Difference::kLost;
    finding.store = kRecordName;
    finding.position = hole;
    finding.expected =
        hole == 0 ? "an event at every position" : "an event at position " + std::to_string(hole);
    findings.add(std::move(finding));
  }
  return {};
}

}  // namespace cqrs
