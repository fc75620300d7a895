#include "core/adapters/postgres/view_audit.h"

#include "core/adapters/postgres/view_columns.h"
#include "core/base/hash.h"

namespace cqrs::postgres {
namespace {

constexpr std::int64_t kPage = 2'000;

bool agrees(Kind kind, const pqxx::row& row) {
  const ViewRow view = read_view_row(kind, row);
  const auto expected = index_columns(view);
  return expected.ok() && integer(row, kViewColumnCount) == bucket_of(view.key.id) &&
         *expected == read_index_columns(kind, row, kViewColumnCount + 1);
}

}  // namespace

Result<ViewAudit> audit_views(Connection& connection, Kind kind, std::size_t limit) {
  const std::string sql = std::string("SELECT ") + kViewColumns + ", bucket, " +
                          index_column_names(kind) + " FROM " + view_table(kind) +
                          " WHERE id > $1 ORDER BY id LIMIT " + std::to_string(kPage);
  ViewAudit audit;
  Uuid after;
  for (bool more = true; more;) {
    CQRS_TRY(run_or_empty(connection, Status(), [&](pqxx::nontransaction& session) -> Status {
      more = false;
      const auto rows = session.exec_params(sql, to_string(after));
      for (const auto& row : rows) {
        ++audit.rows;
        after = id(row, 0);
        if (!agrees(kind, row) && audit.differing.size() < limit) audit.differing.push_back(after);
      }
      more = static_cast<std::int64_t>(rows.size()) == kPage;
      return {};
    }));
  }
  return audit;
}

}  // namespace cqrs::postgres
