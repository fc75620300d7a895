// Compares what lists and searches use with the rows beside it. Internal to this adapter.
#pragma once

#include "core/adapters/postgres/view_schema.h"

#include <cstddef>
#include <vector>

namespace cqrs::postgres {

struct ViewAudit {
  std::int64_t rows = 0;        // compared
  std::vector<Uuid> differing;  // at most `limit`
};

// Reads the whole kind once, in pages. A row and what is looked up of it are one row of a table,
// from which the server's indexes follow: it needs no snapshot, writes may go on. Error:
// unavailable.
[[nodiscard]] Result<ViewAudit> audit_views(Connection& connection, Kind kind, std::size_t limit);

}  // namespace cqrs::postgres
