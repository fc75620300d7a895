// The edge ledger of a load -> streams: what every acknowledged command did is there, at the
// version that was acknowledged, and nothing was done twice.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/finding.h"
#include "core/verify/ledger_edge.h"
#include "core/verify/op_ledger.h"
#include "core/verify/scope.h"

#include <vector>

namespace cqrs {

// The commands of one load in memory, 56 bytes each, in order of entity and version.
class OpLedger {
 public:
  // Several files: the shards of one run. Errors: those of scan_op_ledger; invalid (of different
  // runs).
  [[nodiscard]] static Result<OpLedger> read(const std::vector<std::string>& paths);

  struct Command {
    StreamKey entity;
    std::uint64_t number = 0;
    Operation operation = Operation::kCreateUser;
    LedgerStatus status = LedgerStatus::kIndeterminate;
    std::int32_t version = 0;
    Position position = 0;
    Digest mark;
  };
  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }
  [[nodiscard]] const OpLedgerHead& head() const { return head_; }
  // By what was last known of each command.
  [[nodiscard]] std::uint64_t count(LedgerStatus status) const;
  // Could have been sent, and nothing is known of them: a run that was killed leaves some.
  [[nodiscard]] std::uint64_t unaccounted() const { return unaccounted_; }
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }
  [[nodiscard]] bool being_written() const { return being_written_; }

 private:
  void settle();

  OpLedgerHead head_;
  std::vector<Command> commands_;
  std::uint64_t unaccounted_ = 0;
  std::uint64_t torn_bytes_ = 0;
  bool being_written_ = false;
};

// For every acknowledged command: its entity's stream reaches the acknowledged version (else lost),
// and what its events come to at that version bears the command's mark (else field). Of an entity
// that the run itself created every version must come from one of its commands (else dup). What was
// acknowledged at a position after the cut is left out.
[[nodiscard]] Result<LedgerCheck> check_op_ledger(const OpLedger& ledger, EntitySource& streams,
                                                  EventAudit& record, Findings& findings,
                                                  const Scope& scope = {});

}  // namespace cqrs
