#include "core/adapters/postgres/schema.h"

#include "core/adapters/postgres/migrations.h"
#include "core/adapters/postgres/rows.h"

#include <optional>

namespace cqrs::postgres {
namespace {

constexpr int kMostPartitions = 1'024;  // one per slice

Error newer(const std::string& schema, int version) {
  return make_error(ErrorCode::kCorrupt, "schema \"" + schema + "\" has version " +
                                             std::to_string(version) + ", this program knows " +
                                             std::to_string(kSchemaVersion) +
                                             ": use the version of the program that made it");
}

Result<std::unique_ptr<Connection>> open_for_migration(const Options& options) {
  return Connection::open(options, {"cqrs migrate", "SET lock_timeout = '60s'", {}});
}

// Begins a transaction in which nobody else migrates this schema, and which waits while
// somebody does, but not for ever.
std::string begin_alone(const Connection& connection) {
  return std::string(Transaction::kBegin) + "; SELECT pg_advisory_xact_lock(" +
         lock_key("migrate", connection.schema()) + ")";
}

Status up(pqxx::nontransaction& session, const MigrationStep& step, const Options& options) {
  const auto encoding = session.exec("SHOW server_encoding");
  if (text(encoding[0], 0) != "UTF8") {
    return invalid("url", "the database keeps text as " + std::string(text(encoding[0], 0)) +
                              ": use one that was made with ENCODING 'UTF8'");
  }
  session.exec("CREATE SCHEMA IF NOT EXISTS \"" + options.schema + "\"");
  session.exec(step.up);
  if (step.version == 1) {
    session.exec("INSERT INTO meta(schema_version, partitions) VALUES(1, " +
                 std::to_string(options.partitions) + ")");
  }
  session.exec("UPDATE meta SET schema_version = " + std::to_string(step.version));
  return {};
}

Status down(pqxx::nontransaction& session, const MigrationStep& step, bool lose_data) {
  if (step.drops_events && !lose_data) {
    // Nobody adds one between this look and the end of the transaction.
    session.exec("LOCK TABLE events IN EXCLUSIVE MODE");
    if (!session.exec("SELECT 1 FROM events LIMIT 1").empty()) {
      return invalid("target", "going down to version " + std::to_string(step.version - 1) +
                                   " would remove every event: say that the data may be lost, or "
                                   "stay at version " +
                                   std::to_string(step.version));
    }
  }
  session.exec(step.down);
  if (step.version > 1) {
    session.exec("UPDATE meta SET schema_version = " + std::to_string(step.version - 1));
  }
  return {};
}

// One step towards `target`; the versions before and after it, equal when it is reached.
Result<Migration> step_towards(Connection& connection, const Options& options, int target,
                               bool lose_data) {
  return connection.run([&](pqxx::nontransaction& session) -> Result<Migration> {
    Transaction transaction(session, begin_alone(connection));
    const int version = read_meta(session).version;
    if (version > kSchemaVersion) return newer(options.schema, version);
    if (version == target) return Migration{version, version};
    const bool upwards = version < target;
    const auto& step = kMigrations.at(static_cast<std::size_t>(upwards ? version : version - 1));
    CQRS_TRY(upwards ? up(session, step, options) : down(session, step, lose_data));
    CQRS_TRY(transaction.commit());
    return Migration{version, upwards ? version + 1 : version - 1};
  });
}

}  // namespace

Meta read_meta(pqxx::nontransaction& session) {
  // Not by trying: an error would end the transaction.
  const auto there = session.exec("SELECT to_regclass('meta') IS NOT NULL");
  if (!boolean(there[0], 0)) return {};
  const auto rows = session.exec("SELECT schema_version, partitions FROM meta");
  if (rows.empty()) return {};
  return {static_cast<int>(integer(rows[0], 0)), static_cast<int>(integer(rows[0], 1))};
}

Status check_schema(pqxx::nontransaction& session, const std::string& schema) {
  const int version = read_meta(session).version;
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion) return newer(schema, version);
  const std::string way_out = ": run cqrsctl migrate";
  if (version == 0) {
    return make_error(ErrorCode::kNotFound,
                      "schema \"" + schema + "\" has no tables of this program" + way_out);
  }
  return make_error(ErrorCode::kCorrupt, "schema \"" + schema + "\" has version " +
                                             std::to_string(version) + ", this program needs " +
                                             std::to_string(kSchemaVersion) + way_out);
}

Result<std::unique_ptr<Connection>> open_checked(const Options& options, Session session) {
  session.prepare = [schema = options.schema,
                     prepare = std::move(session.prepare)](pqxx::nontransaction& fresh) -> Status {
    CQRS_TRY(check_schema(fresh, schema));
    return prepare ? prepare(fresh) : Status();
  };
  return Connection::open(options, std::move(session));
}

Result<Migration> migrate(const Options& options, int target, bool lose_data) {
  if (target > kSchemaVersion) {
    return invalid("target", "there is no version " + std::to_string(target) +
                                 " of the schema: the newest is " + std::to_string(kSchemaVersion));
  }
  if (options.partitions < 1 || options.partitions > kMostPartitions) {
    return invalid("partitions", "a topic has 1 to " + std::to_string(kMostPartitions) +
                                     " partitions, not " + std::to_string(options.partitions));
  }
  auto connection = open_for_migration(options);
  if (!connection) return connection.error();
  const int wanted = target < 0 ? kSchemaVersion : target;
  std::optional<int> from;
  for (;;) {
    auto step = step_towards(**connection, options, wanted, lose_data);
    if (!step) return step.error();
    if (!from) from = step->from;
    if (step->to == wanted) return Migration{*from, wanted};
  }
}

Result<Migration> schema_versions(const Options& options) {
  auto connection = open_for_migration(options);
  if (!connection) return connection.error();
  return (*connection)->run([](pqxx::nontransaction& session) -> Result<Migration> {
    return Migration{read_meta(session).version, kSchemaVersion};
  });
}

Result<int> partitions(const Options& options) {
  auto connection = open_checked(options, {"cqrs migrate", "", {}});
  if (!connection) return connection.error();
  return (*connection)->run([](pqxx::nontransaction& session) -> Result<int> {
    return read_meta(session).partitions;
  });
}

Status drop_schema(const Options& options) {
  auto connection = open_for_migration(options);
  if (!connection) return connection.error();
  return (*connection)->run([&](pqxx::nontransaction& session) -> Status {
    session.exec("DROP SCHEMA IF EXISTS \"" + options.schema + "\" CASCADE");
    return {};
  });
}

}  // namespace cqrs::postgres
