#include "core/adapters/sqlite/credential_table.h"
#include "core/adapters/sqlite/row_index.h"
#include "core/adapters/sqlite/rows.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"
#include "core/base/failpoint.h"
#include "core/base/hash.h"

#include <algorithm>
#include <utility>

namespace cqrs::sqlite {
namespace {

// Everything that is tied to one open connection; made anew after a failed commit.
struct Session {
  explicit Session(std::unique_ptr<Database> opened)
      : database(std::move(opened)),
        head(*database, "SELECT max(position) FROM events"),
        floor(*database, "SELECT value FROM meta WHERE key = 'position_floor'"),
        select_stream(
            *database,
            "SELECT version, deleted, digest_high, digest_low, position, state FROM streams "
            "WHERE kind = ? AND id = ?"),
        insert_event(*database, "INSERT INTO events VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        put_stream(*database, "INSERT OR REPLACE INTO streams VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        index(*database),
        credentials(*database) {}

  std::unique_ptr<Database> database;
  Statement head, floor, select_stream, insert_event, put_stream;
  RowIndex index;
  CredentialTable credentials;
};

class SqliteWriteStore final : public WriteStore {
 public:
  SqliteWriteStore(std::string path, std::unique_ptr<Session> session)
      : path_(std::move(path)), session_(std::move(session)) {}

  static Result<std::unique_ptr<Session>> connect(const std::string& path) {
    auto database = Database::open(path, OpenMode::kReadWrite);
    if (!database) return database.error();
    CQRS_TRY(prepare_write_schema(**database));
    // Checkpoints in the committing thread stay short and rare: 32 MB of log at a time. A log that
    // a long reader let grow is cut back to that once it is used from its start again. Replaced and
    // deleted credentials are overwritten in their pages, where that costs nothing.
    CQRS_TRY(
        (*database)->execute("PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32768;"
                             "PRAGMA journal_size_limit=33554432; PRAGMA secure_delete=FAST"));
    CQRS_TRY(settle_log(**database));
    auto session = std::make_unique<Session>(std::move(*database));
    CQRS_TRY(session->index.build());
    return session;
  }

  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    if (!session_) {
      // The last commit failed in an unknown way: only a fresh look at the file tells what is in
      // it.
      auto session = connect(path_);
      if (!session) return session.error();
      session_ = std::move(*session);
    }
    const Status status = attempt(touched, decide);
    // Only now: the transaction that ended refers to the connection.
    const bool in_doubt = !status.ok() && status.error().code == ErrorCode::kInDoubt;
    if (in_doubt || session_->database->in_transaction()) session_.reset();
    return status;
  }

 private:
  // What an earlier process left in the log may never have reached the disk: a sync that failed
  // once is reported as done by the next one. Copied into the database it is written and synced
  // anew, and only then something is added. A reader elsewhere may keep the log from being emptied,
  // which is no error.
  static Status settle_log(Database& database) {
    database.set_busy_timeout(std::chrono::milliseconds(0));
    const auto busy = database.query_integer("PRAGMA wal_checkpoint(TRUNCATE)");
    database.set_busy_timeout(kBusyTimeout);
    if (!busy) return busy.error();
    return {};
  }

  Status attempt(const Touched& touched, const std::function<Changes(const Loaded&)>& decide) {
    CQRS_FAILPOINT_TRY("command.before_lock", ErrorCode::kUnavailable);
    Transaction transaction(*session_->database);
    CQRS_TRY(transaction.begin_immediate());
    auto loaded = load(touched);
    if (!loaded) return loaded.error();
    const Changes changes = decide(*loaded);
    if (changes.empty()) return {};
    if (auto status = write(changes); !status) {
      session_->index.rolled_back();
      return status;
    }
    if (auto status = transaction.commit(); !status) return uncommitted(status.error());
    CQRS_FAILPOINT("command.after_commit");
    session_->index.committed();
    return {};
  }

  Result<Loaded> load(const Touched& touched) {
    Loaded loaded;
    auto head = single(session_->head);
    if (!head) return head.error();
    auto floor = single(session_->floor);
    if (!floor) return floor.error();
    loaded.head = std::max(*head, *floor);
    loaded.streams.reserve(touched.streams.size());
    for (const auto& key : touched.streams) {
      auto record = load_stream(key);
      if (!record) return record.error();
      loaded.streams.push_back(std::move(*record));
    }
    for (const auto& claim : touched.claims) {
      auto owner = session_->index.owner(claim);
      if (!owner) return owner.error();
      loaded.claim_owners.push_back(*owner);
    }
    for (const auto& key : touched.requests) {
      auto request = session_->index.request(key);
      if (!request) return request.error();
      loaded.requests.push_back(*request);
    }
    return loaded;
  }

  static Result<std::int64_t> single(Statement& statement) {
    auto row = statement.step();
    if (!row) return row.error();
    const std::int64_t value = *row ? statement.integer(0) : 0;
    statement.reset();
    return value;
  }

  Result<std::optional<StreamRecord>> load_stream(const StreamKey& key) {
    Statement& select = session_->select_stream;
    auto row = select.bind(1, static_cast<std::int64_t>(key.kind)).bind(2, key.id).step();
    if (!row) return row.error();
    std::optional<StreamRecord> record;
    if (*row) {
      record = StreamRecord{key,
                            select.integer(0),
                            select.integer(1) != 0,
                            std::string(select.text(5)),
                            select.digest(2),
                            select.integer(4)};
    }
    select.reset();
    return record;
  }

  Status write(const Changes& changes) {
    for (const auto& event : changes.events) {
      bind_event(session_->insert_event, event);
      CQRS_TRY(session_->insert_event.run());
    }
    for (const auto& record : changes.streams) CQRS_TRY(put(record));
    for (const auto& change : changes.released) CQRS_TRY(session_->index.release(change));
    for (const auto& change : changes.taken) CQRS_TRY(session_->index.take(change));
    for (const auto& record : changes.requests) CQRS_TRY(session_->index.remember(record));
    CQRS_TRY(session_->index.forget_before(changes.forget_requests_before));
    CQRS_TRY(session_->credentials.write(changes));
    CQRS_FAILPOINT_TRY("command.after_write", ErrorCode::kInternal);
    return {};
  }

  Status put(const StreamRecord& record) {
    return session_->put_stream.bind(1, static_cast<std::int64_t>(record.key.kind))
        .bind(2, record.key.id)
        .bind(3, record.version)
        .bind(4, static_cast<std::int64_t>(record.deleted ? 1 : 0))
        .bind(5, static_cast<std::int64_t>(bucket_of(record.key.id)))
        .bind(6, static_cast<std::int64_t>(record.digest.high))
        .bind(7, static_cast<std::int64_t>(record.digest.low))
        .bind(8, record.position)
        .bind(9, std::string_view(record.state))
        .run();
  }

  // Without room the log lacks the end of the transaction, so it is undone for certain. After any
  // other failure the log may hold all of it, synced or not, and the next one to open the file may
  // find it complete: in doubt.
  Status uncommitted(const Error& cause) {
    if ((sqlite3_errcode(session_->database->handle()) & 0xFF) == SQLITE_FULL) {
      session_->index.rolled_back();
      return cause;
    }
    return make_error(ErrorCode::kInDoubt, "commit failed (" + cause.message +
                                               "): retry under the same Idempotency-Key");
  }

  std::string path_;
  std::unique_ptr<Session> session_;
};

}  // namespace

Result<std::unique_ptr<WriteStore>> open_write_store(const std::string& path) {
  auto session = SqliteWriteStore::connect(path);
  if (!session) return session.error();
  return std::unique_ptr<WriteStore>(std::make_unique<SqliteWriteStore>(path, std::move(*session)));
}

}  // namespace cqrs::sqlite
