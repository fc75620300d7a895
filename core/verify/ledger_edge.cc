#include "core/verify/ledger_edge.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"

#include <algorithm>

namespace cqrs {
namespace {

class LedgerEdge {
 public:
  LedgerEdge(const Ledger& ledger, EntitySource& streams, EventAudit& record, Findings& findings,
             const Scope& scope)
      : ledger_(ledger),
        generator_(ledger.shape()),
        streams_(streams),
        record_(record),
        findings_(findings),
        scope_(scope) {}

  Result<LedgerCheck> run() {
    std::int64_t unknown = 0;
    for (const Kind kind : kAllKinds) CQRS_TRY(check(kind, unknown));
    (ledger_.being_written() ? check_.in_flight : check_.indeterminate) = unknown;
    return check_;
  }

 private:
  // Ids of the workload grow with their index, so both sides are walked once, side by side.
  Status check(Kind kind, std::int64_t& unknown) {
    const auto& entries = ledger_.entries(kind);
    EntityCursor rows(streams_, kind, false, &scope_);
    CQRS_TRY(rows.advance());
    for (std::uint64_t index = 0; index < entries.size(); ++index) {
      const auto& entry = entries[index];
      if (!entry.intended) continue;
      if (entry.status == LedgerStatus::kRejected) ++check_.rejected;
      if (entry.status == LedgerStatus::kIndeterminate) ++unknown;
      if (entry.status != LedgerStatus::kAcknowledged || scope_.beyond(entry.position)) continue;
      ++check_.acknowledged;
      const StreamKey key{kind, generator_.id(kind, index)};
      while (rows.row() != nullptr && rows.row()->id < key.id) CQRS_TRY(rows.advance());
      const bool found = rows.row() != nullptr && rows.row()->id == key.id;
      CQRS_TRY(check_entry(key, entry, found ? rows.row() : nullptr));
    }
    return {};
  }

  Status check_entry(const StreamKey& key, const Ledger::Entry& entry, const EntityRow* row) {
    Finding finding;
    finding.place = FindingPlace::kLedger;
    finding.entity = key;
    finding.store = streams_.name();
    finding.expected_version = entry.version;
    finding.actual_version = row == nullptr ? 0 : row->version;
    finding.position = entry.position;
    if (row == nullptr || row->version < entry.version) {
      finding.kind = Difference::kLost;
      finding.expected = "acknowledged version " + std::to_string(entry.version);
      finding.actual = row == nullptr ? "no stream" : "version " + std::to_string(row->version);
      return add(std::move(finding));
    }
    Digest actual = row->digest;
    if (row->version > entry.version) {
      auto folded = at_version(key, entry.version);
      if (!folded) return folded.error();
      // Without its events the entity cannot be judged here; the record's own edge reports that.
      if (!*folded) return {};
      actual = digest_of(key, **folded);
    }
    if (actual == entry.digest) return {};
    finding.kind = Difference::kField;
    finding.field = "digest";
    finding.expected = to_string(entry.digest);
    finding.actual = to_string(actual);
    return add(std::move(finding));
  }

  Status add(Finding finding) {
    auto events = record_.stream(finding.entity);
    if (!events) return events.error();
    check_.rows_fetched += static_cast<std::int64_t>(events->size());
    if (scope_.too_young(*events)) {
      ++findings_.too_young;
      return {};
    }
    if (!events->empty()) finding.recorded_at = events->back().recorded_at;
    findings_.add(std::move(finding));
    return {};
  }

  Result<std::optional<Content>> at_version(const StreamKey& key, std::int64_t version) {
    auto events = record_.stream(key);
    if (!events) return events.error();
    check_.rows_fetched += static_cast<std::int64_t>(events->size());
    return fold_to(*events, version);
  }

  const Ledger& ledger_;
  Generator generator_;
  EntitySource& streams_;
  EventAudit& record_;
  Findings& findings_;
  const Scope& scope_;
  LedgerCheck check_;
};

}  // namespace

Result<LedgerCheck> check_ledger(const Ledger& ledger, EntitySource& streams, EventAudit& record,
                                 Findings& findings, const Scope& scope) {
  return LedgerEdge(ledger, streams, record, findings, scope).run();
}

}  // namespace cqrs
