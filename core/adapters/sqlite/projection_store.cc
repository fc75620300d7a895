#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"
#include "core/adapters/sqlite/view_index.h"
#include "core/adapters/sqlite/view_table.h"
#include "core/base/failpoint.h"
#include "core/base/hash.h"

#include <algorithm>

namespace cqrs::sqlite {
namespace {

class SqliteProjectionStore final : public ProjectionStore {
 public:
  explicit SqliteProjectionStore(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        lookup_(*database_),
        index_(*database_),
        park_(*database_, "INSERT OR IGNORE INTO parked VALUES(?, ?, ?, ?, ?, ?)"),
        checkpoint_(*database_,
                    "UPDATE checkpoint SET cursor = ?, applied = ?, event_id = ?, incarnation = ? "
                    "WHERE id = 1 AND epoch = ?") {
    for (const Kind kind : kAllKinds) {
      const std::string into =
          std::string(" INTO ") + view_table(kind) + " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
      Table& table = tables_[kind_index(kind)];
      table.insert = Statement(*database_, "INSERT OR IGNORE" + into);
      table.replace = Statement(*database_, "INSERT OR REPLACE" + into);
      table.present = Statement(
          *database_, std::string("SELECT doc, body FROM ") + view_table(kind) + " WHERE id = ?");
    }
  }

  Result<Checkpoint> checkpoint() override {
    Statement state(*database_, "SELECT cursor, applied, event_id, incarnation FROM checkpoint");
    auto row = state.step();
    if (!row) return row.error();
    if (!*row) return make_error(ErrorCode::kCorrupt, database_->path() + " has no checkpoint");
    return Checkpoint{{std::string(state.text(0))}, state.integer(1), state.id(2), state.id(3)};
  }

  Result<Acquired> acquire() override {
    Transaction transaction(*database_);
    CQRS_TRY(transaction.begin_immediate());
    CQRS_TRY(database_->execute("UPDATE checkpoint SET epoch = epoch + 1 WHERE id = 1"));
    Acquired acquired;
    auto epoch = database_->query_integer("SELECT epoch FROM checkpoint");
    if (!epoch) return epoch.error();
    acquired.epoch = *epoch;
    auto present = checkpoint();
    if (!present) return present.error();
    acquired.checkpoint = std::move(*present);
    Statement parked(*database_, "SELECT DISTINCT kind, stream_id FROM parked");
    for (;;) {
      auto found = parked.step();
      if (!found) return found.error();
      if (!*found) break;
      const auto kind = kind_from_number(parked.integer(0));
      if (kind) acquired.parked.push_back({*kind, parked.id(1)});
    }
    CQRS_TRY(transaction.commit());
    index_.forget();
    return acquired;
  }

  Result<std::vector<std::optional<ViewRow>>> load(std::span<const StreamKey> keys) override {
    // Outside a transaction every lookup would take and give back the file's locks.
    Transaction transaction(*database_);
    CQRS_TRY(transaction.begin_read());
    auto rows = lookup_.find(keys);
    CQRS_TRY(transaction.commit());
    return rows;
  }

  Status commit(std::int64_t epoch, const PreparedCommit& prepared) override {
    auto status = try_commit(epoch, prepared.changes());
    if (!status) index_.forget();
    return status;
  }

 private:
  struct Table {
    Statement insert, replace, present;
  };

  Status try_commit(std::int64_t epoch, const ViewChanges& changes) {
    Transaction transaction(*database_);
    CQRS_TRY(transaction.begin_immediate());
    CQRS_TRY(move_checkpoint(epoch, changes.checkpoint));
    // In order of id, so that new rows append.
    std::vector<const ViewRow*> rows;
    rows.reserve(changes.rows.size());
    for (const auto& row : changes.rows) rows.push_back(&row);
    std::sort(rows.begin(), rows.end(),
              [](const ViewRow* a, const ViewRow* b) { return a->key < b->key; });
    for (const ViewRow* row : rows) CQRS_TRY(put(*row));
    for (const auto& key : changes.removed) CQRS_TRY(remove(key));
    for (const auto& parked : changes.parked) CQRS_TRY(park(parked));
    CQRS_TRY(index_.apply());
    CQRS_FAILPOINT_TRY("projector.after_apply", ErrorCode::kUnavailable);
    CQRS_TRY(transaction.commit());
    CQRS_FAILPOINT("projector.after_commit");
    return {};
  }

  Status move_checkpoint(std::int64_t epoch, const Checkpoint& checkpoint) {
    CQRS_TRY(checkpoint_.bind(1, std::string_view(checkpoint.cursor.text))
                 .bind(2, checkpoint.applied)
                 .bind(3, checkpoint.event_id)
                 .bind(4, checkpoint.incarnation)
                 .bind(5, epoch)
                 .run());
    if (sqlite3_changes(database_->handle()) == 1) return {};
    return make_error(
        ErrorCode::kVersionConflict,
        database_->path() + ": another projector took over after epoch " + std::to_string(epoch));
  }

  Status put(const ViewRow& row) {
    Table& table = tables_[kind_index(row.key.kind)];
    std::int64_t doc = 0;
    std::string before;
    // A first version is nearly always new: it is looked up only when it turns out not to be.
    bool look = row.version > 1;
    if (!look) {
      auto fresh = doc_for(row);
      if (!fresh) return fresh.error();
      doc = *fresh;
      CQRS_TRY(bind(table.insert, row, doc).run());
      look = sqlite3_changes(database_->handle()) == 0;
      if (!look) return index_.note(doc, row.key, before, &row);
    }
    auto known = present(row.key, before);
    if (!known) return known.error();
    if (*known != 0) {
      doc = *known;
    } else if (doc == 0) {
      auto fresh = doc_for(row);
      if (!fresh) return fresh.error();
      doc = *fresh;
    }
    CQRS_TRY(bind(table.replace, row, row.deleted ? 0 : doc).run());
    return index_.note(doc, row.key, before, &row);
  }

  // The number and the body of the row that stands there; 0 when there is none, or a deleted one.
  Result<std::int64_t> present(const StreamKey& key, std::string& body) {
    Statement& select = tables_[kind_index(key.kind)].present;
    auto found = select.bind(1, key.id).step();
    if (!found) return found.error();
    const std::int64_t doc = *found ? select.integer(0) : 0;
    if (doc != 0) body = select.text(1);
    select.reset();
    return doc;
  }

  // A deleted row has no number: nothing refers to it.
  Result<std::int64_t> doc_for(const ViewRow& row) {
    if (row.deleted) return std::int64_t{0};
    return index_.next_doc(row.key.kind);
  }

  static Statement& bind(Statement& statement, const ViewRow& row, std::int64_t doc) {
    return statement.bind(1, row.key.id)
        .bind(2, row.version)
        .bind(3, static_cast<std::int64_t>(row.deleted ? 1 : 0))
        .bind(4, static_cast<std::int64_t>(bucket_of(row.key.id)))
        .bind(5, static_cast<std::int64_t>(row.digest.high))
        .bind(6, static_cast<std::int64_t>(row.digest.low))
        .bind(7, row.position)
        .bind(8, row.created_at.micros)
        .bind(9, row.updated_at.micros)
        .bind(10, std::string_view(row.body))
        .bind(11, doc);
  }

  // Rare, so nothing is kept prepared for it.
  Status remove(const StreamKey& key) {
    std::string before;
    auto doc = present(key, before);
    if (!doc) return doc.error();
    if (*doc != 0) CQRS_TRY(index_.note(*doc, key, before, nullptr));
    Statement remove(*database_,
                     std::string("DELETE FROM ") + view_table(key.kind) + " WHERE id = ?");
    return remove.bind(1, key.id).run();
  }

  Status park(const ParkedEvent& parked) {
    std::string event;
    append_cloud_event(event, parked.event);
    return park_.bind(1, static_cast<std::int64_t>(parked.event.stream.kind))
        .bind(2, parked.event.stream.id)
        .bind(3, parked.event.version)
        .bind(4, parked.event.position)
        .bind(5, std::string_view(event))
        .bind(6, std::string_view(parked.reason))
        .run();
  }

  std::unique_ptr<Database> database_;
  ViewLookup lookup_;
  ViewIndex index_;
  std::array<Table, kAllKinds.size()> tables_;
  Statement park_, checkpoint_;
};

}  // namespace

Result<std::unique_ptr<ProjectionStore>> open_projection_store(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadWrite);
  if (!database) return database.error();
  CQRS_TRY(prepare_read_schema(**database));
  CQRS_TRY((*database)->execute("PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384"));
  return std::unique_ptr<ProjectionStore>(
      std::make_unique<SqliteProjectionStore>(std::move(*database)));
}

}  // namespace cqrs::sqlite
