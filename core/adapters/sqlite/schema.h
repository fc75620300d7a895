// The tables of the SQLite files and the versions they carry. A file written by a newer program is
// refused, never guessed at.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/domain/stream_key.h"

namespace cqrs::sqlite {

inline constexpr std::int64_t kWriteSchema = 2;
inline constexpr std::int64_t kReadSchema = 2;

// Creates what is missing and checks the version. Errors: corrupt (another version, or not such a
// file). The record is never converted by guess. Views are never converted at all: whatever their
// version, they are rebuilt from the record, and the message says how.
[[nodiscard]] Status prepare_write_schema(Database& database);
[[nodiscard]] Status prepare_read_schema(Database& database);
// The same checks without creating anything; `known` is for the record's file.
[[nodiscard]] Status check_schema(Database& database, std::int64_t known);
[[nodiscard]] Status check_read_schema(Database& database);

// "users", "products", "orders": the view table of a kind.
[[nodiscard]] const char* view_table(Kind kind);
// What lists sort and filter by, one narrow row for each row that is not deleted.
[[nodiscard]] const char* listed_table(Kind kind);
// The full-text index of a kind.
[[nodiscard]] const char* words_table(Kind kind);

}  // namespace cqrs::sqlite
