// Compares what lists and searches use with the rows beside it. Internal to this adapter.
#pragma once

#include "core/adapters/mongo/schema.h"

#include <cstddef>
#include <vector>

namespace cqrs::mongo {

struct IndexAudit {
  std::int64_t rows = 0;        // compared
  std::vector<Uuid> differing;  // at most `limit`
};

// Reads the whole kind once. Row and index stand in one document, which a write replaces as a
// whole: it needs no snapshot, writes may go on. Errors: unavailable, corrupt (a row cannot be
// read).
[[nodiscard]] Result<IndexAudit> audit_index(Connection& connection, const Names& names, Kind kind,
                                             std::size_t limit);

}  // namespace cqrs::mongo
