#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

// Without its publication a slot hands out nothing, and one made later does not count for what
// stands before it in the journal: so the two are usable together or not at all.
constexpr const char* kLook = R"sql(
  SELECT coalesce(wal_status, 'lost') <> 'lost' AND plugin = 'pgoutput'
           AND EXISTS(SELECT FROM pg_publication WHERE pubname = $1),
         (coalesce(confirmed_flush_lsn, '0/0') - '0/0')::bigint,
         (pg_current_wal_insert_lsn() - coalesce(restart_lsn, pg_current_wal_insert_lsn()))::bigint
    FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()
)sql";
constexpr const char* kDrop =
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1";
constexpr const char* kEnd = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";

class PostgresCaptureSlot final : public CaptureSlot {
 public:
  PostgresCaptureSlot(std::unique_ptr<Connection> connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  Result<SlotState> look() override {
    return connection_->run([&](pqxx::nontransaction& session) -> Result<SlotState> {
      const auto rows = session.exec_prepared("look", name_);
      if (rows.empty()) return SlotState{};
      return SlotState{boolean(rows[0], 0), static_cast<JournalPosition>(integer(rows[0], 1)),
                       integer(rows[0], 2)};
    });
  }

  Status make() override {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      const auto level = session.exec("SHOW wal_level");
      if (text(level[0], 0) != "logical") {
        return invalid("--relay", "PostgreSQL has wal_level = " + std::string(text(level[0], 0)) +
                                      ": change data capture needs wal_level = logical, and a "
                                      "restart of the server");
      }
      session.exec_prepared("drop", name_);
      // Before the slot: what it hands out is looked up as of then.
      session.exec("DROP PUBLICATION IF EXISTS \"" + name_ + "\"");
      session.exec("CREATE PUBLICATION \"" + name_ + "\" FOR TABLE \"" + connection_->schema() +
                   "\".events WITH (publish = 'insert')");
      session.exec_prepared("make", name_);
      return {};
    });
  }

  Result<JournalPosition> journal_end() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<JournalPosition> {
      return static_cast<JournalPosition>(integer(session.exec_prepared("end")[0], 0));
    });
  }

  Status remove() override {
    return connection_->run([&](pqxx::nontransaction& session) -> Status {
      session.exec_prepared("drop", name_);
      session.exec("DROP PUBLICATION IF EXISTS \"" + name_ + "\"");
      return {};
    });
  }

 private:
  std::unique_ptr<Connection> connection_;
  std::string name_;
};

Status prepare(pqxx::nontransaction& session) {
  prepare_now(session, "look", kLook);
  prepare_now(session, "drop", kDrop);
  prepare_now(session, "make", "SELECT pg_create_logical_replication_slot($1, 'pgoutput')");
  prepare_now(session, "end", kEnd);
  return {};
}

}  // namespace

std::string capture_name(const std::string& schema) { return schema + "_cdc"; }

Result<std::unique_ptr<CaptureSlot>> open_capture_slot(const Options& options) {
  // Making a slot waits for every transaction that is open.
  auto connection =
      Connection::open(options, {"cqrs capture", "SET statement_timeout = '30s'", prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<CaptureSlot>(
      std::make_unique<PostgresCaptureSlot>(std::move(*connection), capture_name(options.schema)));
}

}  // namespace cqrs::postgres
