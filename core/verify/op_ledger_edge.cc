#include "core/verify/op_ledger_edge.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace cqrs {
namespace {

using Command = OpLedger::Command;

bool creates(const Command& command) {
  return info_of(command.operation).target == OperationTarget::kFresh;
}

class OpLedgerEdge {
 public:
  OpLedgerEdge(EntitySource& streams, EventAudit& record, Findings& findings, const Scope& scope,
               bool complete)
      : streams_(streams),
        record_(record),
        findings_(findings),
        scope_(scope),
        complete_(complete) {}

  // The commands of an entity stand together and the entities in order, as those of the source do.
  Status check(Kind kind, std::span<const Command> commands) {
    EntityCursor rows(streams_, kind, true, &scope_);
    CQRS_TRY(rows.advance());
    while (!commands.empty()) {
      std::size_t size = 1;
      while (size < commands.size() && commands[size].entity == commands[0].entity) ++size;
      const auto entity = commands.first(size);
      commands = commands.subspan(size);
      const Uuid& id = entity.front().entity.id;
      while (rows.row() != nullptr && rows.row()->id < id) CQRS_TRY(rows.advance());
      const bool found = rows.row() != nullptr && rows.row()->id == id;
      CQRS_TRY(check_entity(entity, found ? rows.row() : nullptr));
    }
    return {};
  }

  LedgerCheck counts;

 private:
  Status check_entity(std::span<const Command> commands, const EntityRow* row) {
    std::vector<Event> events;
    bool read = false;
    std::int64_t known = 0;    // versions that commands of the ledger made
    std::int64_t unknown = 0;  // commands that may have made one
    std::int64_t last = 0;
    for (const Command& command : commands) {
      if (command.status == LedgerStatus::kRejected) ++counts.rejected;
      if (command.status == LedgerStatus::kIndeterminate) ++unknown;
      if (command.status != LedgerStatus::kAcknowledged) continue;
      if (command.version != last) ++known;
      last = command.version;
      if (scope_.beyond(command.position)) continue;
      ++counts.acknowledged;
      if (row == nullptr || row->version < command.version) {
        CQRS_TRY(add(lost(command, row)));
        continue;
      }
      if (only_this(command, *row)) {
        CQRS_TRY(compare(command, row_content(*row)));
        continue;
      }
      if (!read) CQRS_TRY(fetch(command.entity, events));
      read = true;
      auto folded = fold_to(events, command.version);
      if (!folded) return folded.error();
      // Without its events the entity cannot be judged here; the record's own edge reports that.
      if (*folded) CQRS_TRY(compare(command, (*folded)->state));
    }
    counts.indeterminate += unknown;
    return check_unexplained(commands, row, known + unknown);
  }

  // The row shows the very version that was acknowledged, so its events need not be read.
  static bool only_this(const Command& command, const EntityRow& row) {
    return row.version == command.version;
  }

  std::optional<State> row_content(const EntityRow& row) {
    if (row.deleted) return std::nullopt;
    auto content = read_content(streams_.format(), kind_, row);
    return content ? content->state : std::nullopt;
  }

  Finding finding_of(const Command& command, const EntityRow* row) const {
    Finding finding;
    finding.place = FindingPlace::kLedger;
    finding.entity = command.entity;
    finding.store = streams_.name();
    finding.expected_version = command.version;
    finding.actual_version = row == nullptr ? 0 : row->version;
    finding.position = command.position;
    return finding;
  }

  Finding lost(const Command& command, const EntityRow* row) const {
    Finding finding = finding_of(command, row);
    finding.kind = Difference::kLost;
    finding.expected = std::string(info_of(command.operation).name) + " acknowledged as version " +
                       std::to_string(command.version);
    finding.actual = row == nullptr ? "no stream" : "version " + std::to_string(row->version);
    return finding;
  }

  Status compare(const Command& command, const std::optional<State>& state) {
    const Digest actual = mark_of(command.operation, command.entity, state);
    if (actual == command.mark) return {};
    Finding finding = finding_of(command, nullptr);
    finding.kind = Difference::kField;
    finding.actual_version = command.version;
    finding.field = "mark of " + std::string(info_of(command.operation).name);
    finding.expected = to_string(command.mark);
    finding.actual = to_string(actual);
    return add(std::move(finding));
  }

  Status check_unexplained(std::span<const Command> commands, const EntityRow* row,
                           std::int64_t explained) {
    // Of a run that was killed, the last outcomes are not in the ledger: any version may be one.
    if (!complete_) return {};
    const bool ours = std::any_of(commands.begin(), commands.end(), creates);
    if (!ours || row == nullptr || row->version <= explained) return {};
    Finding finding = finding_of(commands.back(), row);
    finding.kind = Difference::kDuplicate;
    finding.expected_version = explained;
    finding.expected = "at most " + std::to_string(explained) + " versions, by the ledger";
    finding.actual = "version " + std::to_string(row->version);
    return add(std::move(finding));
  }

  Status fetch(const StreamKey& key, std::vector<Event>& events) {
    auto found = record_.stream(key);
    if (!found) return found.error();
    counts.rows_fetched += static_cast<std::int64_t>(found->size());
    events = std::move(*found);
    return {};
  }

  Status add(Finding finding) {
    std::vector<Event> events;
    CQRS_TRY(fetch(finding.entity, events));
    if (scope_.too_young(events)) {
      ++findings_.too_young;
      return {};
    }
    if (!events.empty()) finding.recorded_at = events.back().recorded_at;
    findings_.add(std::move(finding));
    return {};
  }

 public:
  void of(Kind kind) { kind_ = kind; }

 private:
  EntitySource& streams_;
  EventAudit& record_;
  Findings& findings_;
  const Scope& scope_;
  const bool complete_;  // what has no record was not sent
  Kind kind_ = Kind::kUser;
};

}  // namespace

Result<OpLedger> OpLedger::read(const std::vector<std::string>& paths) {
  OpLedger out;
  bool first = true;
  for (const auto& path : paths) {
    std::uint64_t seen = 0;
    std::vector<bool> known;
    auto scan = scan_op_ledger(path, [&](const OpOutcomeRecord& record) -> Status {
      if (record.number >= known.size()) known.resize(record.number + 1);
      if (!known[record.number]) ++seen;
      known[record.number] = true;
      const auto& info = info_of(record.operation);
      if (!info.command) return {};
      out.commands_.push_back({{info.kind, record.id},
                               record.number,
                               record.operation,
                               record.status,
                               static_cast<std::int32_t>(record.version),
                               record.position,
                               record.mark});
      return {};
    });
    if (!scan) return scan.error();
    if (!first && (scan->head.data != out.head_.data || scan->head.shards != out.head_.shards)) {
      return invalid("ledger", path + " is of another run than " + paths.front() +
                                   ": name the shards of one run");
    }
    first = false;
    const std::uint64_t mine = scan->intended_to / std::max(1U, scan->head.shards);
    if (!scan->closed && mine > seen) out.unaccounted_ += mine - seen;
    out.head_ = std::move(scan->head);
    out.torn_bytes_ += scan->torn_bytes;
    out.being_written_ = out.being_written_ || scan->being_written;
  }
  out.settle();
  return out;
}

// One entry per command: an acknowledgement is final, else the last word counts.
void OpLedger::settle() {
  std::stable_sort(commands_.begin(), commands_.end(),
                   [](const Command& a, const Command& b) { return a.number < b.number; });
  std::size_t kept = 0;
  for (const Command& command : commands_) {
    if (kept == 0 || commands_[kept - 1].number != command.number) {
      commands_[kept++] = command;
    } else if (commands_[kept - 1].status != LedgerStatus::kAcknowledged) {
      commands_[kept - 1] = command;
    }
  }
  commands_.resize(kept);
  std::sort(commands_.begin(), commands_.end(), [](const Command& a, const Command& b) {
    return std::tie(a.entity, a.version, a.number) < std::tie(b.entity, b.version, b.number);
  });
}

std::uint64_t OpLedger::count(LedgerStatus status) const {
  return static_cast<std::uint64_t>(
      std::count_if(commands_.begin(), commands_.end(),
                    [status](const Command& command) { return command.status == status; }));
}

Result<LedgerCheck> check_op_ledger(const OpLedger& ledger, EntitySource& streams,
                                    EventAudit& record, Findings& findings, const Scope& scope) {
  const bool complete = ledger.unaccounted() == 0 && !ledger.being_written();
  OpLedgerEdge edge(streams, record, findings, scope, complete);
  std::span<const Command> rest(ledger.commands());
  while (!rest.empty()) {
    const Kind kind = rest.front().entity.kind;
    const auto end = std::find_if(rest.begin(), rest.end(), [kind](const Command& command) {
      return command.entity.kind != kind;
    });
    const auto size = static_cast<std::size_t>(end - rest.begin());
    edge.of(kind);
    CQRS_TRY(edge.check(kind, rest.first(size)));
    rest = rest.subspan(size);
  }
  edge.counts.indeterminate += static_cast<std::int64_t>(ledger.unaccounted());
  if (ledger.being_written()) std::swap(edge.counts.indeterminate, edge.counts.in_flight);
  return edge.counts;
}

}  // namespace cqrs
