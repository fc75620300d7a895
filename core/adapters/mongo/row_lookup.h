// Rows by key, in as few questions as there are kinds. Internal to this adapter.
#pragma once

#include "core/adapters/mongo/schema.h"
#include "core/read/view_row.h"

#include <optional>
#include <span>
#include <vector>

namespace cqrs::mongo {

// One entry per key, in order. Errors: unavailable, corrupt.
[[nodiscard]] Result<std::vector<std::optional<ViewRow>>> find_rows(
    Connection& connection, const Names& names, std::span<const StreamKey> keys);

}  // namespace cqrs::mongo
