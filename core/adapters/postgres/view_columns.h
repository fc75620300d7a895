// One row of a view as the columns of its table: what is served, and beside it what lists and
// searches use, so that the two are written together. Internal to this adapter.
#pragma once

#include "core/adapters/postgres/arrays.h"
#include "core/adapters/postgres/rows.h"
#include "core/read/view_row.h"

#include <span>
#include <string>
#include <vector>

namespace cqrs::postgres {

// "users", "products", "orders".
[[nodiscard]] const char* view_table(Kind kind);

// The columns that read_view_row() expects.
inline constexpr const char* kViewColumns =
    "id, version, deleted, digest_high, digest_low, position, created_at, updated_at, body";
inline constexpr int kViewColumnCount = 9;
[[nodiscard]] ViewRow read_view_row(Kind kind, const pqxx::row& row);

// What follows from a row's body; empty when it is deleted, and where the kind has no such field.
struct IndexColumns {
  bool active = false;
  std::string name, email;  // as they are sorted
  std::int64_t price = 0;
  std::string words;  // a tsvector: those of the name in class A, all others in D
  std::string status;
  Uuid user;
  friend bool operator==(const IndexColumns&, const IndexColumns&) = default;
};
// Error: corrupt (a body that is not what we render).
[[nodiscard]] Result<IndexColumns> index_columns(const ViewRow& row);
// The columns that read_index_columns() expects, from `first` on.
[[nodiscard]] const char* index_column_names(Kind kind);
[[nodiscard]] IndexColumns read_index_columns(Kind kind, const pqxx::row& row, int first);

// A word longer than an index entry may be is found by as much of it as fits.
[[nodiscard]] std::string indexed_word(std::string word);

// Inserts rows or replaces those that are not newer.
[[nodiscard]] std::string upsert_sql(Kind kind);
// For that statement; `rows` and `columns` belong together.
[[nodiscard]] Parameters upsert_parameters(Kind kind, std::span<const ViewRow* const> rows,
                                           const std::vector<IndexColumns>& columns);

}  // namespace cqrs::postgres
