#include "core/verify/record_edge.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"

#include <algorithm>

namespace cqrs {
namespace {

constexpr const char* kRecord = "events table";

class RecordEdge {
 public:
  RecordEdge(EventAudit& record, EntitySource& streams, Kind kind, bool deep, Findings& findings)
      : record_(record), streams_(streams), kind_(kind), deep_(deep), findings_(findings) {}

  Result<RecordCheck> run() {
    EventCursor events(record_, kind_, deep_);
    EntityCursor rows(streams_, kind_, deep_);
    CQRS_TRY(events.advance());
    CQRS_TRY(rows.advance());
    while (events.event() != nullptr || rows.row() != nullptr) {
      const Uuid id = lowest(events, rows);
      group_.clear();
      while (events.event() != nullptr && events.event()->stream.id == id) {
        group_.push_back(*events.event());
        CQRS_TRY(events.advance());
      }
      std::optional<EntityRow> row;
      if (rows.row() != nullptr && rows.row()->id == id) {
        row = *rows.row();
        CQRS_TRY(rows.advance());
      }
      check_.events += static_cast<std::int64_t>(group_.size());
      ++check_.streams;
      if (!consistent(row)) CQRS_TRY(look_again({kind_, id}));
    }
    return check_;
  }

 private:
  static Uuid lowest(const EventCursor& events, const EntityCursor& rows) {
    if (events.event() == nullptr) return rows.row()->id;
    if (rows.row() == nullptr) return events.event()->stream.id;
    return std::min(events.event()->stream.id, rows.row()->id);
  }

  // The quick test of the scan; says only that something needs a second look.
  [[nodiscard]] bool consistent(const std::optional<EntityRow>& row) const {
    if (!row || group_.empty()) return false;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (group_[i].version != static_cast<std::int64_t>(i) + 1) return false;
      if (i > 0 && group_[i].position <= group_[i - 1].position) return false;
    }
    if (row->version != group_.back().version) return false;
    if (!deep_) return true;
    auto folded = fold_to(group_, row->version);
    auto stored = read_content(streams_.format(), kind_, *row);
    return folded.ok() && *folded && stored.ok() && **folded == *stored &&
           digest_of({kind_, row->id}, **folded) == row->digest;
  }

  // Reads the entity's events and stream until both are of one moment, then reports what is wrong.
  Status look_again(const StreamKey& key) {
    std::optional<EntityRow> row;
    for (int attempt = 0; attempt < 10; ++attempt) {
      auto before = streams_.fetch(key);
      if (!before) return before.error();
      auto events = record_.stream(key);
      if (!events) return events.error();
      auto after = streams_.fetch(key);
      if (!after) return after.error();
      check_.rows_fetched += static_cast<std::int64_t>(events->size()) + 2;
      group_ = std::move(*events);
      row = std::move(*after);
      if (before->has_value() == row.has_value() && (!row || (*before)->version == row->version)) {
        break;
      }
    }
    if (const bool ordered = report_order(key); !ordered) return {};
    report_stream(key, row);
    return {};
  }

  // False when the events themselves are wrong, so that the stream need not be compared with them.
  bool report_order(const StreamKey& key) {
    bool usable = true;
    std::int64_t last_version = 0;
    Position last_position = 0;
    Uuid last_id;
    for (const auto& event : group_) {
      if (event.version == last_version) {
        const bool same = event.event_id == last_id;
        report(same ? Difference::kDuplicate : Difference::kOrder, key, event,
               "version " + std::to_string(event.version) + " once",
               same ? "the same event twice" : "two events");
        usable = usable && same;
        continue;
      }
      if (event.version != last_version + 1) {
        report(Difference::kLost, key, event, "version " + std::to_string(last_version + 1),
               "version " + std::to_string(event.version) + " follows " +
                   std::to_string(last_version));
        usable = false;
      } else if (event.position <= last_position) {
        report(Difference::kOrder, key, event, "a position after " + std::to_string(last_position),
               std::to_string(event.position));
      }
      last_version = event.version;
      last_position = event.position;
      last_id = event.event_id;
    }
    return usable;
  }

  void report(Difference kind, const StreamKey& key, const Event& event, std::string expected,
              std::string actual) {
    Finding finding;
    finding.kind = kind;
    finding.entity = key;
    finding.store = kRecord;
    finding.expected = std::move(expected);
    finding.actual = std::move(actual);
    finding.actual_version = event.version;
    finding.position = event.position;
    finding.recorded_at = event.recorded_at;
    findings_.add(std::move(finding));
  }

  void report_stream(const StreamKey& key, const std::optional<EntityRow>& row) {
    Finding finding;
    finding.entity = key;
    finding.store = streams_.name();
    const std::int64_t last = group_.empty() ? 0 : group_.back().version;
    finding.expected_version = last;
    finding.actual_version = row ? row->version : 0;
    finding.position = group_.empty() ? 0 : group_.back().position;
    if (!row && group_.empty()) return;
    if (!row) {
      finding.kind = Difference::kLost;
      finding.actual = "no stream for these events";
    } else if (row->version > last) {
      finding.kind = Difference::kLost;
      finding.store = kRecord;
      finding.expected_version = row->version;
      finding.actual_version = last;
      finding.actual = "no event for the stream's last version";
    } else if (row->version < last) {
      finding.kind = Difference::kStale;
    } else if (!deep_ || !differs(key, *row, finding)) {
      return;
    }
    findings_.add(std::move(finding));
  }

  bool differs(const StreamKey& key, const EntityRow& row, Finding& finding) const {
    finding.kind = Difference::kField;
    auto folded = fold_to(group_, row.version);
    auto stored = read_content(streams_.format(), kind_, row);
    if (!stored || !folded || !*folded) {
      finding.actual = stored ? "events cannot be folded" : stored.error().message;
      return true;
    }
    const Digest expected = digest_of(key, **folded);
    if (**folded == *stored && row.digest == expected) return false;
    const auto difference = first_difference((*folded)->state, stored->state);
    finding.field = difference.field.empty() ? "digest" : difference.field;
    finding.expected = difference.field.empty() ? to_string(expected) : difference.expected;
    finding.actual = difference.field.empty() ? to_string(row.digest) : difference.actual;
    return true;
  }

  EventAudit& record_;
  EntitySource& streams_;
  Kind kind_;
  bool deep_;
  Findings& findings_;
  RecordCheck check_;
  std::vector<Event> group_;
};

}  // namespace

Result<RecordCheck> check_record(EventAudit& record, EntitySource& streams, Kind kind, bool deep,
                                 Findings& findings) {
  return RecordEdge(record, streams, kind, deep, findings).run();
}

}  // namespace cqrs
