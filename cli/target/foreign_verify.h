// Holds a foreign system to a ledger: every acknowledged entity is read and compared field by field
// with what was sent; lists, where the profile maps them, are walked for what is missing, twice, or
// nobody's.
#pragma once

#include "core/verify/ledger.h"
#include "core/verify/op_ledger_edge.h"

#include "cli/target/foreign_report.h"
#include "cli/target/session.h"
#include "cli/target/settled.h"

#include <atomic>
#include <chrono>
#include <set>
#include <string>

namespace cqrs::target {

// What loads did beside the ledger of a seed, to entities of its workload.
struct LoadTraces {
  std::vector<EntityRef> created;                    // acknowledged; not in the ledger
  std::set<std::pair<Kind, std::uint64_t>> touched;  // changed, or perhaps: content unknown
  std::set<std::pair<Kind, std::uint64_t>> removed;  // deleted, or perhaps
};
// Of the commands of `load`, whose data is that of `shape`.
[[nodiscard]] LoadTraces traces_of(const OpLedger& load, const WorkloadShape& shape);

struct ForeignVerifyPlan {
  std::chrono::milliseconds settle{30'000};  // for the read side to catch up
  bool lists = true;                         // walk them, too
  LoadTraces loads;  // what they created is read, too; of what they changed only that it is there
  std::set<std::string> known;  // ids that are no phantoms: of earlier experiments
};

// What differs at first is looked at again for two seconds (more when the profile's settle says
// so): what then becomes right was late, not wrong. Errors: invalid (the profile), unavailable.
[[nodiscard]] Status verify_ledger(Session& session, const Ledger& ledger,
                                   const ForeignVerifyPlan& plan,
                                   const std::atomic<bool>& interrupted, ForeignReport& report);

// How long what differs is looked at again.
[[nodiscard]] std::chrono::milliseconds grace_of(const Target& target);

// The text for a difference of an amount: what was sent and what came back.
[[nodiscard]] std::string price_text(const std::string& sent, const std::string& read);

}  // namespace cqrs::target
