#include "core/adapters/sqlite/schema.h"

#include "core/base/crypto.h"

namespace cqrs::sqlite {
namespace {

// Events have the columns that Debezium's outbox router and the relay read. Streams, events and
// their indexes grow at the end when ids are UUIDv7. Claims and requests have no unique index on
// purpose: their keys are random, this file has one owner, and that owner keeps a hash index in
// memory. Credentials append like streams do; their index holds only what is left to be wrapped.
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
  CREATE TABLE credentials(
    user BLOB PRIMARY KEY, stage INTEGER NOT NULL, key_id INTEGER NOT NULL, hash BLOB NOT NULL,
    updated_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX credentials_keyed ON credentials(user) WHERE stage = 1;
)sql";

// What lists and searches read instead of the rows. `doc` numbers the rows that are not deleted and
// joins row, …_listed and …_words. A …_listed row is narrow, so that a list without an index of its
// own reads little: only the order by creation has one, because its keys append. The words are
// FTS5 without content (the rows have it); positions within a text only where matches are ranked.
// Orders are found by their user's id, which is random: a B-tree would dirty a page for each.
constexpr const char* kListTables = R"sql(
  CREATE TABLE users_listed(
    doc INTEGER PRIMARY KEY, id BLOB NOT NULL, created_at INTEGER NOT NULL,
    active INTEGER NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL);
  CREATE TABLE products_listed(
    doc INTEGER PRIMARY KEY, id BLOB NOT NULL, created_at INTEGER NOT NULL,
    active INTEGER NOT NULL, name TEXT NOT NULL, price INTEGER NOT NULL);
  CREATE TABLE orders_listed(
    doc INTEGER PRIMARY KEY, id BLOB NOT NULL, created_at INTEGER NOT NULL,
    status TEXT NOT NULL);
  CREATE UNIQUE INDEX users_by_creation ON users_listed(created_at, id);
  CREATE UNIQUE INDEX products_by_creation ON products_listed(created_at, id);
  CREATE UNIQUE INDEX orders_by_creation ON orders_listed(created_at, id, status);
  CREATE VIRTUAL TABLE users_words USING fts5(
    name, email, nickname, content='', detail=none, columnsize=0,
    tokenize='unicode61 remove_diacritics 2');
  CREATE VIRTUAL TABLE products_words USING fts5(
    name, description, content='', tokenize='unicode61 remove_diacritics 2');
  CREATE VIRTUAL TABLE orders_words USING fts5(
    user, content='', detail=none, columnsize=0, tokenize='ascii');
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
    body TEXT NOT NULL, doc INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
)sql";
  }
  sql += kListTables;
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

// True when the file was just created.
Result<bool> create_when_empty(Database& database, const std::string& tables,
                               std::int64_t version) {
  CQRS_TRY(database.execute("PRAGMA journal_mode=WAL"));
  auto objects = database.query_integer("SELECT count(*) FROM sqlite_master");
  if (!objects) return objects.error();
  if (*objects > 0) return false;
  CQRS_TRY(create(database, tables, version));
  return true;
}

// Empty when the versions agree.
Result<std::string> version_problem(Database& database, std::int64_t known) {
  auto has_meta = database.query_integer("SELECT count(*) FROM sqlite_master WHERE name = 'meta'");
  if (!has_meta) return has_meta.error();
  if (*has_meta == 0) return database.path() + " is not a file of this program";
  auto version = database.query_integer("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!version) return version.error();
  if (*version == known) return std::string();
  return database.path() + " has schema version " + std::to_string(*version) +
         ", this program knows " + std::to_string(known);
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

const char* listed_table(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "users_listed";
    case Kind::kProduct:
      return "products_listed";
    case Kind::kOrder:
      return "orders_listed";
  }
  return "users_listed";
}

const char* words_table(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "users_words";
    case Kind::kProduct:
      return "products_words";
    case Kind::kOrder:
      return "orders_words";
  }
  return "users_words";
}

Status check_schema(Database& database, std::int64_t known) {
  auto problem = version_problem(database, known);
  if (!problem) return problem.error();
  if (problem->empty()) return {};
  return make_error(ErrorCode::kCorrupt,
                    *problem + ": use the version of the program that wrote it");
}

Status check_read_schema(Database& database) {
  auto problem = version_problem(database, kReadSchema);
  if (!problem) return problem.error();
  if (problem->empty()) return {};
  return make_error(ErrorCode::kCorrupt,
                    *problem + ": rebuild the views with cqrsctl up --rebuild-views");
}

Status prepare_write_schema(Database& database) {
  // FULL: every commit is on the disk before it is acknowledged.
  CQRS_TRY(database.execute("PRAGMA page_size=8192; PRAGMA synchronous=FULL"));
  auto created = create_when_empty(database, kWriteTables, kWriteSchema);
  if (!created) return created.error();
  return *created ? Status() : check_schema(database, kWriteSchema);
}

Status prepare_read_schema(Database& database) {
  // Views can be rebuilt: after a power cut they may be older, but row and checkpoint still agree.
  CQRS_TRY(
      database.execute("PRAGMA page_size=8192; PRAGMA synchronous=NORMAL;"
                       "PRAGMA journal_size_limit=33554432"));
  auto created = create_when_empty(database, view_tables(), kReadSchema);
  if (!created) return created.error();
  if (!*created) return check_read_schema(database);
  // Merging more segments at once moves each word less often; a search looks into a few more.
  for (const Kind kind : kAllKinds) {
    const std::string words = words_table(kind);
    for (const char* setting : {"'automerge', 8", "'hashsize', 4194304"}) {
      CQRS_TRY(database.execute(
          ("INSERT INTO " + words + "(" + words + ", rank) VALUES(" + setting + ")").c_str()));
    }
  }
  return {};
}

}  // namespace cqrs::sqlite
