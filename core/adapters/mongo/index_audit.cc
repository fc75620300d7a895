#include "core/adapters/mongo/index_audit.h"

#include "core/adapters/mongo/view_document.h"

namespace cqrs::mongo {

Result<IndexAudit> audit_index(Connection& connection, const Names& names, Kind kind,
                               std::size_t limit) {
  IndexAudit audit;
  Doc options;
  options.number("batchSize", 2'000);
  CQRS_TRY(connection.find(names.view(kind), Doc(), options, [&](Fields& fields) -> Status {
    ++audit.rows;
    auto row = to_row(kind, fields);
    if (!row) return row.error();
    if (!index_agrees(*row, fields) && audit.differing.size() < limit) {
      audit.differing.push_back(row->key.id);
    }
    return {};
  }));
  return audit;
}

}  // namespace cqrs::mongo
