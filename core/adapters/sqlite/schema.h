// The tables of the SQLite files and the versions they carry. A file written by a newer program is
// refused, never guessed at.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/domain/stream_key.h"

namespace cqrs::sqlite {

inline constexpr std::int64_t kWriteSchema = 1;
inline constexpr std::int64_t kReadSchema = 1;

// Creates what is missing and checks the version. Errors: corrupt (newer version, or not such a
// file).
[[nodiscard]] Status prepare_write_schema(Database& database);
[[nodiscard]] Status prepare_read_schema(Database& database);
// The same check without creating anything.
[[nodiscard]] Status check_schema(Database& database, std::int64_t known);

// "users", "products", "orders": the view table of a kind.
[[nodiscard]] const char* view_table(Kind kind);

}  // namespace cqrs::sqlite
