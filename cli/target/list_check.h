// Walks a list of a foreign system from its first page to its last.
#pragma once

#include "core/verify/ledger.h"

#include "cli/target/foreign_report.h"
#include "cli/target/session.h"

#include <atomic>
#include <functional>
#include <set>
#include <string>

namespace cqrs::target {

// One element: its id, and its version when the profile tells where.
struct ListElement {
  std::string id;
  std::int64_t version = 0;
};
// Errors: invalid (the answer is not as the profile says), those of the transport.
[[nodiscard]] Status walk_list(Session& session, const ListRequest& list,
                               const std::atomic<bool>& interrupted,
                               const std::function<void(const ListElement&)>& seen);

struct ListCheck {
  Session& session;
  const Ledger& ledger;
  Kind kind = Kind::kUser;
  const std::set<std::string>& known;
  const std::atomic<bool>& interrupted;
};
// What is twice in the list, missing in it, or nobody's (only where the profile says that nobody
// else writes). A list that is not mapped is a note. Errors: those of walk_list.
[[nodiscard]] Status check_list(const ListCheck& check, ForeignReport& report);

}  // namespace cqrs::target
