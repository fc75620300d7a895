// The tables in the schema and their version. Every store checks the version when it connects;
// migrate() alone changes it.
#pragma once

#include "core/adapters/postgres/connection.h"

namespace cqrs::postgres {

// What this program reads and writes: the version of the last migration.
inline constexpr int kSchemaVersion = 1;

// What stands in the table meta.
struct Meta {
  int version = 0;  // 0: there are no tables
  int partitions = 0;
};
[[nodiscard]] Meta read_meta(pqxx::nontransaction& session);

// Errors: not_found (no tables), corrupt (another version); both name the way out.
[[nodiscard]] Status check_schema(pqxx::nontransaction& session, const std::string& schema);

// A connection whose Session also checks the schema, before `session.prepare`.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_checked(const Options& options,
                                                               Session session);

}  // namespace cqrs::postgres
