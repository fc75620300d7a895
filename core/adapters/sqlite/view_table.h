// Statements over one view table each, shared by the projector's store and the query side.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/read/view_row.h"

#include <array>
#include <optional>

namespace cqrs::sqlite {

// The columns that read_view_row() expects.
inline constexpr const char* kViewColumns =
    "id, version, deleted, digest_high, digest_low, position, created_at, updated_at, body";

[[nodiscard]] ViewRow read_view_row(Kind kind, const Statement& row);

// `SELECT … WHERE id = ?`, prepared once per kind.
class ViewLookup {
 public:
  explicit ViewLookup(Database& database);
  [[nodiscard]] Result<std::optional<ViewRow>> find(const StreamKey& key);

 private:
  std::array<Statement, kAllKinds.size()> by_id_;
};

}  // namespace cqrs::sqlite
