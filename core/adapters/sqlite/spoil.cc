#include "core/adapters/sqlite/spoil.h"

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/schema.h"
#include "core/base/hash.h"

namespace cqrs::sqlite {
namespace {

class SqliteSpoiler final : public Spoiler {
 public:
  SqliteSpoiler(std::unique_ptr<Database> write, std::unique_ptr<Database> read)
      : write_(std::move(write)), read_(std::move(read)) {}

  Status prepare() {
    return write_->execute(
        "PRAGMA synchronous=OFF; DROP INDEX events_by_id; DROP INDEX events_by_stream;"
        "CREATE INDEX events_by_id ON events(event_id);"
        "CREATE INDEX events_by_stream ON events(kind, stream_id, stream_version)");
  }

  Status remove_view_row(const StreamKey& key) override {
    Statement remove(*read_, std::string("DELETE FROM ") + view_table(key.kind) + " WHERE id = ?");
    return remove.bind(1, key.id).run();
  }

  Status put_view_row(const ViewRow& row) override {
    // The number that joins a row with its index stays as it is.
    Statement put(*read_, std::string("INSERT INTO ") + view_table(row.key.kind) +
                              "(id, version, deleted, bucket, digest_high, digest_low, position, "
                              "created_at, updated_at, body) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                              "ON CONFLICT(id) DO UPDATE SET version = excluded.version, "
                              "deleted = excluded.deleted, digest_high = excluded.digest_high, "
                              "digest_low = excluded.digest_low, position = excluded.position, "
                              "created_at = excluded.created_at, updated_at = excluded.updated_at, "
                              "body = excluded.body");
    return put.bind(1, row.key.id)
        .bind(2, row.version)
        .bind(3, std::int64_t{row.deleted ? 1 : 0})
        .bind(4, std::int64_t{bucket_of(row.key.id)})
        .bind(5, std::int64_t{row.digest.high})
        .bind(6, std::int64_t{row.digest.low})
        .bind(7, row.position)
        .bind(8, row.created_at.micros)
        .bind(9, row.updated_at.micros)
        .bind(10, std::string_view(row.body))
        .run();
  }

  Status set_applied(Position position, const Uuid& event_id) override {
    Statement update(*read_, "UPDATE checkpoint SET applied = ?1, cursor = ?1, event_id = ?2");
    return update.bind(1, position).bind(2, event_id).run();
  }

  Status remove_event(Position position) override {
    Statement remove(*write_, "DELETE FROM events WHERE position = ?");
    return remove.bind(1, position).run();
  }

  Status repeat_event(Position position) override {
    Statement repeat(
        *write_,
        "INSERT INTO events SELECT (SELECT max(position) + 1 FROM events), event_id, "
        "kind, stream_id, stream_version, partition_slice, type, schema_version, data, "
        "traceparent, content_type, recorded_at FROM events WHERE position = ?");
    return repeat.bind(1, position).run();
  }

  Status exchange_events(Position first, Position second) override {
    Statement move(*write_, "UPDATE events SET position = ? WHERE position = ?");
    CQRS_TRY(move.bind(1, std::int64_t{-1}).bind(2, first).run());
    CQRS_TRY(move.bind(1, first).bind(2, second).run());
    return move.bind(1, second).bind(2, std::int64_t{-1}).run();
  }

 private:
  std::unique_ptr<Database> write_;
  std::unique_ptr<Database> read_;
};

}  // namespace

Status copy_database(const std::string& from, const std::string& to) {
  auto source = Database::open(from, OpenMode::kReadOnly);
  if (!source) return source.error();
  auto target = Database::open(to, OpenMode::kReadWrite);
  if (!target) return target.error();
  CQRS_TRY((*target)->execute("PRAGMA synchronous=OFF"));
  sqlite3_backup* backup =
      sqlite3_backup_init((*target)->handle(), "main", (*source)->handle(), "main");
  if (backup == nullptr) return (*target)->error(sqlite3_errcode((*target)->handle()));
  const int step = sqlite3_backup_step(backup, -1);
  const int finish = sqlite3_backup_finish(backup);
  if (step != SQLITE_DONE) return (*target)->error(step);
  return finish == SQLITE_OK ? Status() : Status((*target)->error(finish));
}

Result<std::unique_ptr<Spoiler>> open_spoiler(const std::string& write_db,
                                              const std::string& read_db) {
  auto write = Database::open(write_db, OpenMode::kReadWrite);
  if (!write) return write.error();
  auto read = Database::open(read_db, OpenMode::kReadWrite);
  if (!read) return read.error();
  auto spoiler = std::make_unique<SqliteSpoiler>(std::move(*write), std::move(*read));
  CQRS_TRY(spoiler->prepare());
  return std::unique_ptr<Spoiler>(std::move(spoiler));
}

}  // namespace cqrs::sqlite
