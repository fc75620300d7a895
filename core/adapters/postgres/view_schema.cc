#include "core/adapters/postgres/view_schema.h"

#include "core/adapters/postgres/rows.h"
#include "core/domain/stream_key.h"

#include <algorithm>
#include <charconv>

namespace cqrs::postgres {
namespace {

// Wide columns first, so that nothing is padded. What lists sort by is bytes: compared as such,
// whatever the server's collations are. An index costs more than the row it points to, so there is
// one per order that clients may ask for and no more: buckets and an order's status are looked for
// by reading along another one. Deleted rows are in none of them but the first. Room in the pages
// keeps a change out of the indexes when it touches nothing that they hold.
constexpr const char* kRow = R"sql(
    version bigint NOT NULL, position bigint NOT NULL, created_at bigint NOT NULL,
    updated_at bigint NOT NULL, digest_high bigint NOT NULL, digest_low bigint NOT NULL,
    id uuid PRIMARY KEY,)sql";
constexpr const char* kEnd = R"sql(
    bucket smallint NOT NULL, deleted boolean NOT NULL, body text NOT NULL)
    WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05,
          autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);)sql";

constexpr const char* kOthers = R"sql(
  CREATE TABLE checkpoint(
    single boolean PRIMARY KEY DEFAULT true CHECK(single), format integer NOT NULL,
    epoch bigint NOT NULL DEFAULT 0, cursor text NOT NULL DEFAULT '',
    applied bigint NOT NULL DEFAULT 0, event_id uuid, incarnation uuid) WITH (fillfactor = 50);
  CREATE TABLE parked(
    kind smallint NOT NULL, stream_id uuid NOT NULL, version bigint NOT NULL,
    position bigint NOT NULL, event text NOT NULL, reason text NOT NULL,
    PRIMARY KEY(kind, stream_id, version));
)sql";

std::string table(const char* name, const char* columns) {
  return std::string("CREATE TABLE ") + name + "(" + kRow + columns + kEnd;
}

std::string tables() {
  return table("users",
               "active boolean NOT NULL, name bytea NOT NULL, email bytea NOT NULL, "
               "words tsvector NOT NULL,") +
         table("products",
               "price bigint NOT NULL, active boolean NOT NULL, name bytea NOT NULL, "
               "words tsvector NOT NULL,") +
         table("orders", "user_id uuid NOT NULL, status text NOT NULL,") + kOthers +
         "INSERT INTO checkpoint(format) VALUES(" + std::to_string(kViewFormat) + ");";
}

std::string prefix_of(const Options& options) { return options.schema + "-read-g"; }

// Nobody else creates or removes this generation meanwhile.
std::string begin_alone(const std::string& schema) {
  return std::string(Transaction::kBegin) +
         "; SET LOCAL synchronous_commit = on; SELECT pg_advisory_xact_lock(" +
         lock_key("views", schema) + ")";
}

std::string select_checkpoint() {
  return std::string("SELECT ") + kCheckpointColumns + " FROM checkpoint";
}

}  // namespace

std::string view_schema(const Options& options, int generation) {
  return prefix_of(options) + std::to_string(generation);
}

Result<std::unique_ptr<Connection>> open_views(const Options& options, int generation,
                                               Session session) {
  session.settings =
      "SET search_path TO \"" + view_schema(options, generation) + "\"; " + session.settings;
  return Connection::open(options, std::move(session));
}

Result<StoredCheckpoint> read_checkpoint(const pqxx::result& rows, const std::string& schema) {
  if (rows.empty()) {
    return make_error(ErrorCode::kCorrupt,
                      "schema \"" + schema + "\" has no checkpoint: rebuild the views");
  }
  const auto row = rows[0];
  if (integer(row, 0) != kViewFormat) {
    return make_error(ErrorCode::kCorrupt, "the views in schema \"" + schema + "\" have format " +
                                               std::string(text(row, 0)) + ", this program knows " +
                                               std::to_string(kViewFormat) + ": rebuild the views");
  }
  return StoredCheckpoint{integer(row, 1),
                          {{std::string(text(row, 2))}, integer(row, 3), id(row, 4), id(row, 5)}};
}

Result<std::optional<StoredCheckpoint>> load_checkpoint(Connection& connection,
                                                        const std::string& schema) {
  using Found = std::optional<StoredCheckpoint>;
  return run_or_empty(connection, Found(), [&](pqxx::nontransaction& session) -> Result<Found> {
    auto stored = read_checkpoint(session.exec(select_checkpoint()), schema);
    if (!stored) return stored.error();
    return Found(std::move(*stored));
  });
}

Status prepare_views(Connection& connection, const Options& options, int generation) {
  const std::string schema = view_schema(options, generation);
  return connection.run([&](pqxx::nontransaction& session) -> Status {
    Transaction transaction(session, begin_alone(schema));
    // Not by trying: an error would end the transaction.
    const auto there = session.exec("SELECT to_regclass('checkpoint') IS NOT NULL");
    if (boolean(there[0], 0)) {
      auto stored = read_checkpoint(session.exec(select_checkpoint()), schema);
      return stored ? Status() : stored.error();
    }
    session.exec("CREATE SCHEMA IF NOT EXISTS \"" + schema + "\"");
    session.exec(tables());
    return transaction.commit();
  });
}

Status remove_generation(const Options& options, int generation) {
  auto connection =
      open_views(options, generation, {"cqrs replay", "SET lock_timeout = '10s'", {}});
  if (!connection) return connection.error();
  const std::string schema = view_schema(options, generation);
  return (*connection)->run([&](pqxx::nontransaction& session) -> Status {
    Transaction transaction(session, begin_alone(schema));
    session.exec("DROP SCHEMA IF EXISTS \"" + schema + "\" CASCADE");
    return transaction.commit();
  });
}

Result<std::vector<int>> stored_generations(const Options& options) {
  auto connection = Connection::open(options, {"cqrs replay", "", {}});
  if (!connection) return connection.error();
  return (*connection)->run([&](pqxx::nontransaction& session) -> Result<std::vector<int>> {
    const std::string prefix = prefix_of(options);
    std::vector<int> found;
    for (const auto& row : session.exec_params(
             "SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, $1)", prefix)) {
      const std::string_view digits = text(row, 0).substr(prefix.size());
      int number = 0;
      const auto* end = digits.data() + digits.size();
      const auto [at, code] = std::from_chars(digits.data(), end, number);
      if (code == std::errc() && at == end) found.push_back(number);
    }
    std::sort(found.begin(), found.end());
    return found;
  });
}

}  // namespace cqrs::postgres
