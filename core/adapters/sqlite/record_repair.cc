#include "core/adapters/sqlite/record_repair.h"

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/schema.h"
#include "core/base/hash.h"

namespace cqrs::sqlite {
namespace {

class SqliteRecordRepair final : public RecordRepair {
 public:
  explicit SqliteRecordRepair(std::unique_ptr<Database> database)
      : database_(std::move(database)), transaction_(*database_) {}

  Status begin() { return transaction_.begin_immediate(); }

  Result<bool> put_stream(const RepairItem& item) override {
    auto unchanged = still_seen(item);
    if (!unchanged || !*unchanged) return unchanged;
    Statement put(*database_, "INSERT OR REPLACE INTO streams VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    CQRS_TRY(put.bind(1, static_cast<std::int64_t>(item.entity.kind))
                 .bind(2, item.entity.id)
                 .bind(3, item.row.version)
                 .bind(4, static_cast<std::int64_t>(item.row.deleted ? 1 : 0))
                 .bind(5, static_cast<std::int64_t>(bucket_of(item.entity.id)))
                 .bind(6, static_cast<std::int64_t>(item.row.digest.high))
                 .bind(7, static_cast<std::int64_t>(item.row.digest.low))
                 .bind(8, item.row.position)
                 .bind(9, std::string_view(item.row.body))
                 .run());
    return true;
  }

  Result<bool> move_events(const RepairItem& item) override {
    for (const auto& event : item.events) {
      auto there = stands_at(event.id, event.from);
      if (!there || !*there) return there;
    }
    // By way of negative positions, because the old and the new ones are the same set.
    Statement move(*database_, "UPDATE events SET position = ? WHERE position = ?");
    for (const auto& event : item.events) {
      CQRS_TRY(move.bind(1, -event.to).bind(2, event.from).run());
    }
    for (const auto& event : item.events) {
      CQRS_TRY(move.bind(1, event.to).bind(2, -event.to).run());
    }
    return true;
  }

  Result<bool> remove_event(const RepairItem& item) override {
    if (item.events.size() != 1) return false;
    const RepairEvent& event = item.events.front();
    auto there = stands_at(event.id, event.from);
    if (!there || !*there) return there;
    Statement proof(*database_,
                    "SELECT (SELECT max(position) FROM events) = ?1 AND EXISTS(SELECT 1 FROM "
                    "events WHERE event_id = ?2 AND position < ?1)");
    auto row = proof.bind(1, event.from).bind(2, event.id).step();
    if (!row) return row.error();
    const bool removable = *row && proof.integer(0) != 0;
    proof.reset();
    if (!removable) return false;
    Statement remove(*database_, "DELETE FROM events WHERE position = ?");
    CQRS_TRY(remove.bind(1, event.from).run());
    return true;
  }

  // Behind everything else.
  Status commit() {
    CQRS_TRY(make_unique_again("events_by_id", "event_id"));
    CQRS_TRY(make_unique_again("events_by_stream", "kind, stream_id, stream_version"));
    return transaction_.commit();
  }

 private:
  // The stream is the row of the plan, and its last event the one of the plan.
  Result<bool> still_seen(const RepairItem& item) {
    Statement select(*database_,
                     "SELECT version, digest_high, digest_low FROM streams WHERE kind = ? AND id = "
                     "?");
    auto row =
        select.bind(1, static_cast<std::int64_t>(item.entity.kind)).bind(2, item.entity.id).step();
    if (!row) return row.error();
    std::optional<SeenRow> seen;
    if (*row) seen = SeenRow{select.integer(0), select.digest(1)};
    select.reset();
    if (seen != item.seen) return false;
    Statement last(*database_,
                   "SELECT max(stream_version) FROM events WHERE kind = ? AND stream_id = ?");
    row = last.bind(1, static_cast<std::int64_t>(item.entity.kind)).bind(2, item.entity.id).step();
    if (!row) return row.error();
    return *row && last.integer(0) == item.row.version;
  }

  Result<bool> stands_at(const Uuid& id, Position position) {
    Statement select(*database_, "SELECT 1 FROM events WHERE position = ? AND event_id = ?");
    return select.bind(1, position).bind(2, id).step();
  }

  Status make_unique_again(const std::string& index, const std::string& columns) {
    auto unique = database_->query_integer(
        "SELECT \"unique\" FROM pragma_index_list('events') "
        "WHERE name = '" +
        index + "'");
    if (!unique) return unique.error();
    if (*unique != 0) return {};
    auto copies = database_->query_integer("SELECT EXISTS(SELECT 1 FROM events GROUP BY " +
                                           columns + " HAVING count(*) > 1)");
    if (!copies) return copies.error();
    if (*copies != 0) return {};
    const std::string sql = "DROP INDEX IF EXISTS " + index + "; CREATE UNIQUE INDEX " + index +
                            " ON events(" + columns + ")";
    return database_->execute(sql.c_str());
  }

  std::unique_ptr<Database> database_;
  Transaction transaction_;
};

}  // namespace

Status repair_record(const std::string& path, const RecordWork& work) {
  auto database = Database::open(path, OpenMode::kReadWrite);
  if (!database) return database.error();
  CQRS_TRY(prepare_write_schema(**database));
  SqliteRecordRepair repair(std::move(*database));
  CQRS_TRY(repair.begin());
  CQRS_TRY(work(repair));
  return repair.commit();
}

}  // namespace cqrs::sqlite
