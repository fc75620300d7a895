// Copies made within the server, each of one snapshot. They are never logged (UNLOGGED), and get
// the indexes that verify and a projector need after the rows, which is cheaper than along with
// them.
#include "core/adapters/postgres/spoil.h"
#include "core/adapters/postgres/view_columns.h"
#include "core/adapters/postgres/view_schema.h"

#include <pqxx/except>

namespace cqrs::postgres {
namespace {

constexpr const char* kSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE";

std::string quoted(const std::string& schema) { return "\"" + schema + "\"."; }

Result<std::unique_ptr<Connection>> open_scratch(const Options& scratch) {
  return Connection::open(scratch, {"cqrs verify",
                                    "SET synchronous_commit = off; SET maintenance_work_mem = "
                                    "'128MB'; SET lock_timeout = '20s'",
                                    {}});
}

// Without the indexes that only lists and searches use.
std::string copy_rows(const std::string& table, const std::string& source) {
  return "CREATE UNLOGGED TABLE " + table + " AS SELECT * FROM " + source + table +
         " ORDER BY id; ALTER TABLE " + table + " ADD PRIMARY KEY (id); ANALYZE " + table;
}

std::string copy_whole(const std::string& table, const std::string& source) {
  return "CREATE UNLOGGED TABLE " + table + "(LIKE " + source + table +
         " INCLUDING ALL); INSERT INTO " + table + " SELECT * FROM " + source + table;
}

}  // namespace

Status copy_record(const Options& from, const Options& scratch) {
  auto connection = open_scratch(scratch);
  if (!connection) return connection.error();
  const std::string source = quoted(from.schema);
  return (*connection)->run([&](pqxx::nontransaction& session) -> Status {
    Transaction transaction(session, kSnapshot);
    session.exec(
        "DROP INDEX events_by_id, events_by_stream, streams_by_bucket;"
        "ALTER TABLE events SET UNLOGGED; ALTER TABLE streams SET UNLOGGED;"
        "INSERT INTO events SELECT * FROM " +
        source + "events ORDER BY position; INSERT INTO streams SELECT * FROM " + source +
        "streams ORDER BY kind, id; UPDATE meta SET position_floor = (SELECT position_floor FROM " +
        source + "meta)");
    // Plain ones: the originals may hold what a unique index would refuse.
    session.exec(
        "CREATE INDEX events_by_id ON events(event_id);"
        "CREATE INDEX events_by_stream ON events(kind, stream_id, stream_version) "
        "INCLUDE (position);"
        "CREATE INDEX streams_by_bucket ON streams(kind, bucket, id);"
        "ANALYZE events; ANALYZE streams");
    return transaction.commit();
  });
}

Status copy_views(const Options& from, int generation, const Options& scratch) {
  auto connection = open_views(
      scratch, generation,
      {"cqrs verify", "SET synchronous_commit = off; SET maintenance_work_mem = '128MB'", {}});
  if (!connection) return connection.error();
  const std::string source = quoted(view_schema(from, generation));
  const std::string target = quoted(view_schema(scratch, generation));
  return (*connection)->run([&](pqxx::nontransaction& session) -> Status {
    try {
      Transaction transaction(session, kSnapshot);
      session.exec("CREATE SCHEMA " + target.substr(0, target.size() - 1));
      for (const Kind kind : kAllKinds) session.exec(copy_rows(view_table(kind), source));
      for (const char* table : {"checkpoint", "parked"}) session.exec(copy_whole(table, source));
      return transaction.commit();
    } catch (const pqxx::undefined_table&) {
      return make_error(ErrorCode::kNotFound, "generation " + std::to_string(generation) +
                                                  " of the views is gone: try again");
    }
  });
}

}  // namespace cqrs::postgres
