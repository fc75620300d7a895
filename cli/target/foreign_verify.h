// Holds a foreign system to a ledger: every acknowledged entity is read and compared field by field
// with what was sent; lists, where the profile maps them, are walked for what is missing, twice, or
// nobody's.
#pragma once

#include "core/verify/ledger.h"

#include "cli/target/foreign_report.h"
#include "cli/target/session.h"

#include <atomic>
#include <chrono>
#include <set>
#include <string>

namespace cqrs::target {

struct ForeignVerifyPlan {
  std::chrono::milliseconds settle{30'000};  // for the read side to catch up
  bool lists = true;                         // walk them, too
  std::set<std::string> known;               // ids that are no phantoms: of earlier experiments
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
