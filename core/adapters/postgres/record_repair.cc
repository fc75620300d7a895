#include "core/adapters/postgres/record_repair.h"

#include "core/adapters/postgres/event_indexes.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"
#include "core/base/hash.h"

namespace cqrs::postgres {
namespace {

constexpr const char* kPutStream = R"sql(
  INSERT INTO streams(kind, id, version, deleted, bucket, digest_high, digest_low, position, state)
  VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (kind, id) DO UPDATE
    SET version = excluded.version, deleted = excluded.deleted, bucket = excluded.bucket,
        digest_high = excluded.digest_high, digest_low = excluded.digest_low,
        position = excluded.position, state = excluded.state
)sql";
// The last one of the record, of which there is an earlier copy.
constexpr const char* kRemovable = R"sql(
  SELECT (SELECT max(position) FROM events) = $1
     AND EXISTS(SELECT 1 FROM events WHERE event_id = $2 AND position < $1)
)sql";

class PostgresRecordRepair final : public RecordRepair {
 public:
  explicit PostgresRecordRepair(pqxx::nontransaction& session) : session_(session) {}

  Result<bool> put_stream(const RepairItem& item) override {
    if (!still_seen(item)) return false;
    const ViewRow& row = item.row;
    session_.exec_prepared("put_stream", static_cast<int>(item.entity.kind),
                           to_string(item.entity.id), row.version, row.deleted,
                           bucket_of(item.entity.id), std::int64_t{row.digest.high},
                           std::int64_t{row.digest.low}, row.position, row.body);
    return true;
  }

  Result<bool> move_events(const RepairItem& item) override {
    for (const auto& event : item.events) {
      if (!stands_at(event.id, event.from)) return false;
    }
    // By way of negative positions, because the old and the new ones are the same set.
    for (const auto& event : item.events) {
      session_.exec_prepared("move", -event.to, event.from);
    }
    for (const auto& event : item.events) session_.exec_prepared("move", event.to, -event.to);
    return true;
  }

  Result<bool> remove_event(const RepairItem& item) override {
    if (item.events.size() != 1) return false;
    const RepairEvent& event = item.events.front();
    if (!stands_at(event.id, event.from)) return false;
    const auto rows = session_.exec_prepared("removable", event.from, to_string(event.id));
    if (!boolean(rows[0], 0)) return false;
    session_.exec_prepared("remove", event.from);
    return true;
  }

 private:
  // The stream is the row of the plan, and its last event the one of the plan.
  bool still_seen(const RepairItem& item) {
    const int kind = static_cast<int>(item.entity.kind);
    const std::string id = to_string(item.entity.id);
    std::optional<SeenRow> seen;
    for (const auto& row : session_.exec_prepared("stream", kind, id)) {
      seen = SeenRow{integer(row, 0), digest(row, 1)};
    }
    if (seen != item.seen) return false;
    return integer(session_.exec_prepared("last", kind, id)[0], 0) == item.row.version;
  }

  bool stands_at(const Uuid& id, Position position) {
    return !session_.exec_prepared("stands", position, to_string(id)).empty();
  }

  pqxx::nontransaction& session_;
};

Status prepare(pqxx::nontransaction& session) {
  prepare_now(session, "put_stream", kPutStream);
  prepare_now(session, "removable", kRemovable);
  prepare_now(session, "stream",
              "SELECT version, digest_high, digest_low FROM streams WHERE kind = $1 AND id = $2");
  prepare_now(session, "last",
              "SELECT max(stream_version) FROM events WHERE kind = $1 AND stream_id = $2");
  prepare_now(session, "stands", "SELECT 1 FROM events WHERE position = $1 AND event_id = $2");
  prepare_now(session, "move", "UPDATE events SET position = $1 WHERE position = $2");
  prepare_now(session, "remove", "DELETE FROM events WHERE position = $1");
  return {};
}

}  // namespace

Status repair_record(const Options& options, const RecordWork& work) {
  auto connection = open_checked(
      options, {"cqrs repair", "SET lock_timeout = '20s'; SET synchronous_commit = on", prepare});
  if (!connection) return connection.error();
  return (*connection)->run([&](pqxx::nontransaction& session) -> Status {
    Transaction transaction(session, std::string(Transaction::kBegin) +
                                         "; SELECT pg_advisory_xact_lock(" +
                                         lock_key("order", options.schema) + ")");
    PostgresRecordRepair repair(session);
    CQRS_TRY(work(repair));
    make_event_indexes_unique(session);
    Status committed = transaction.commit();
    if (committed || committed.error().code != ErrorCode::kInDoubt) return committed;
    return make_error(ErrorCode::kInDoubt,
                      "PostgreSQL: the connection broke while the repair of the record was "
                      "committed: carry the same plan out again");
  });
}

}  // namespace cqrs::postgres
