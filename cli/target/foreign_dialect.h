// Speaks to a system that a profile describes: load::Dialect over a session. What the load engine,
// the seeder and verify use to talk to systems that are not ours.
#pragma once

#include "core/workload/generator.h"

#include "cli/load/dialect.h"
#include "cli/target/foreign_values.h"
#include "cli/target/session.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs::target {

struct OpenTarget {
  std::string profile;  // path of the file
  std::string ids;      // path of the table of ids; empty: in memory only
  bool writable = true;
  bool allow_remote = false;
};
// Reads the profile and the ids, and logs in. Errors: invalid (the profile; a remote address
// without allow_remote), corrupt (the ids), unavailable (the login).
[[nodiscard]] Result<std::shared_ptr<Session>> open_session(const OpenTarget& options);

// Where the ids of a ledger are.
[[nodiscard]] std::string ids_path(const std::string& ledger_path);

// Error: invalid, naming the first operation that the profile does not map.
[[nodiscard]] Status check_operations(const Target& target,
                                      const std::vector<Operation>& operations);

// What came of the answer to a create: its id is kept, or the answer is called by its name.
// `document` is left with the body.
[[nodiscard]] load::OpAnswer read_command(Session& session, Operation operation,
                                          const ForeignValues& values, const load::Answer& answer,
                                          JsonDocument& document, Judgement& judgement);

// One per thread. `generator` outlives it.
[[nodiscard]] std::unique_ptr<load::Dialect> make_dialect(std::shared_ptr<Session> session,
                                                          const Generator& generator);

}  // namespace cqrs::target
