#include "core/adapters/postgres/event_indexes.h"

#include "core/adapters/postgres/rows.h"

#include <array>
#include <string>

namespace cqrs::postgres {
namespace {

struct Index {
  const char* name;
  const char* columns;
  const char* more;  // what it holds besides
};
constexpr std::array kIndexes{
    Index{"events_by_id", "event_id", ""},
    Index{"events_by_stream", "kind, stream_id, stream_version", " INCLUDE (position)"}};

bool is_unique(pqxx::nontransaction& session, const Index& index) {
  const auto rows = session.exec_params(
      "SELECT indisunique FROM pg_index WHERE indexrelid = to_regclass($1)", index.name);
  return !rows.empty() && boolean(rows[0], 0);
}

void make(pqxx::nontransaction& session, const Index& index, const char* unique) {
  session.exec(std::string("DROP INDEX IF EXISTS ") + index.name);
  session.exec(std::string("CREATE ") + unique + "INDEX " + index.name + " ON events(" +
               index.columns + ")" + index.more);
}

}  // namespace

void make_event_indexes_unique(pqxx::nontransaction& session) {
  for (const auto& index : kIndexes) {
    if (is_unique(session, index)) continue;
    const auto copies = session.exec(std::string("SELECT EXISTS(SELECT 1 FROM events GROUP BY ") +
                                     index.columns + " HAVING count(*) > 1)");
    if (!boolean(copies[0], 0)) make(session, index, "UNIQUE ");
  }
}

void make_event_indexes_plain(pqxx::nontransaction& session) {
  for (const auto& index : kIndexes) {
    if (is_unique(session, index)) make(session, index, "");
  }
}

}  // namespace cqrs::postgres
