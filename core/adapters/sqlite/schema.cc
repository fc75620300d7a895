#include "core/adapters/sqlite/schema.h"

#include "core/base/crypto.h"

namespace cqrs::sqlite {
namespace {

// Events have the columns that Debezium's outbox router and the relay read. Streams, events and
// their indexes grow at the end when ids are UUIDv7. Claims and requests have no unique index on
// purpose: their keys are random, this file has one owner, and that owner keeps a hash index in
// memory.
constexpr const char* kWriteTables = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE events(
    position INTEGER PRIMARY KEY, event_id BLOB NOT NULL, kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL, stream_version INTEGER NOT NULL, partition_slice INTEGER NOT NULL,
    type TEXT NOT NULL, schema_version INTEGER NOT NULL, data TEXT NOT NULL,
    traceparent TEXT NOT NULL, content_type TEXT NOT NULL, recorded_at INTEGER NOT NULL);
  CREATE UNIQUE INDEX events_by_id ON events(event_id);
  CREATE UNIQUE INDEX events_by_stream ON events(kind, stream_id, stream_version);
  CREATE TABLE streams(
    kind INTEGER NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    bucket INTEGER NOT NULL, digest_high INTEGER NOT NULL, digest_low INTEGER NOT NULL,
    position INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
  CREATE TABLE claims(
    row INTEGER PRIMARY KEY, field INTEGER NOT NULL, value TEXT NOT NULL, owner BLOB NOT NULL);
  CREATE TABLE requests(
    row INTEGER PRIMARY KEY, request_key BLOB NOT NULL, fingerprint BLOB NOT NULL,
    kind INTEGER NOT NULL, stream_id BLOB NOT NULL, version INTEGER NOT NULL,
    position INTEGER NOT NULL, created INTEGER NOT NULL, recorded_at INTEGER NOT NULL);
)sql";

std::string view_tables() {
  std::string sql = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE checkpoint(
    id INTEGER PRIMARY KEY CHECK(id = 1), epoch INTEGER NOT NULL, cursor TEXT NOT NULL,
    applied INTEGER NOT NULL, event_id BLOB NOT NULL, incarnation BLOB NOT NULL);
  INSERT INTO checkpoint VALUES(1, 0, '', 0, zeroblob(16), zeroblob(16));
  CREATE TABLE parked(
    kind INTEGER NOT NULL, stream_id BLOB NOT NULL, stream_version INTEGER NOT NULL,
    position INTEGER NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY(kind, stream_id, stream_version)) WITHOUT ROWID;
)sql";
  for (const Kind kind : kAllKinds) {
    sql += std::string("CREATE TABLE ") + view_table(kind) + R"sql((
    id BLOB PRIMARY KEY, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    bucket INTEGER NOT NULL, digest_high INTEGER NOT NULL, digest_low INTEGER NOT NULL,
    position INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
)sql";
  }
  return sql;
}

Status create(Database& database, const std::string& tables, std::int64_t version) {
  Transaction transaction(database);
  CQRS_TRY(transaction.begin_immediate());
  CQRS_TRY(database.execute(tables.c_str()));
  Statement meta(database, "INSERT INTO meta VALUES(?, ?)");
  const std::string incarnation = random_bytes(16);
  CQRS_TRY(meta.bind(1, std::string_view("schema_version")).bind(2, version).run());
  CQRS_TRY(meta.bind(1, std::string_view("incarnation")).bind_blob(2, incarnation).run());
  return transaction.commit();
}

Status prepare(Database& database, const std::string& tables, std::int64_t version) {
  CQRS_TRY(database.execute("PRAGMA journal_mode=WAL"));
  auto objects = database.query_integer("SELECT count(*) FROM sqlite_master");
  if (!objects) return objects.error();
  if (*objects == 0) return create(database, tables, version);
  return check_schema(database, version);
}

}  // namespace

const char* view_table(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "users";
    case Kind::kProduct:
      return "products";
    case Kind::kOrder:
      return "orders";
  }
  return "users";
}

Status check_schema(Database& database, std::int64_t known) {
  auto has_meta = database.query_integer("SELECT count(*) FROM sqlite_master WHERE name = 'meta'");
  if (!has_meta) return has_meta.error();
  if (*has_meta == 0) {
    return make_error(ErrorCode::kCorrupt, database.path() + " is not a file of this program");
  }
  auto version = database.query_integer("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!version) return version.error();
  if (*version == known) return {};
  return make_error(ErrorCode::kCorrupt, database.path() + " has schema version " +
                                             std::to_string(*version) + ", this program knows " +
                                             std::to_string(known) +
                                             ": use the version of the program that wrote it");
}

Status prepare_write_schema(Database& database) {
  // FULL: every commit is on the disk before it is acknowledged.
  CQRS_TRY(database.execute("PRAGMA page_size=8192; PRAGMA synchronous=FULL"));
  return prepare(database, kWriteTables, kWriteSchema);
}

Status prepare_read_schema(Database& database) {
  // Views can be rebuilt: after a power cut they may be older, but row and checkpoint still agree.
  CQRS_TRY(database.execute("PRAGMA page_size=8192; PRAGMA synchronous=NORMAL"));
  return prepare(database, view_tables(), kReadSchema);
}

}  // namespace cqrs::sqlite
