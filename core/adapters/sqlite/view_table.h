// Statements over one view table each, shared by the projector's store and the query side.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/read/view_row.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace cqrs::sqlite {

// The columns that read_view_row() expects.
inline constexpr const char* kViewColumns =
    "id, version, deleted, digest_high, digest_low, position, created_at, updated_at, body";

[[nodiscard]] ViewRow read_view_row(Kind kind, const Statement& row);

// `SELECT … WHERE id = ?`, prepared once per kind.
class ViewLookup {
 public:
  explicit ViewLookup(Database& database);
  // One entry per key, in order.
  [[nodiscard]] Result<std::vector<std::optional<ViewRow>>> find(std::span<const StreamKey> keys);

 private:
  [[nodiscard]] Result<std::optional<ViewRow>> find_one(const StreamKey& key);

  std::array<Statement, kAllKinds.size()> by_id_;
};

}  // namespace cqrs::sqlite
