#include "core/adapters/sqlite/rows.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"

namespace cqrs::sqlite {
namespace {

std::string event_query(const char* condition) {
  return std::string("SELECT ") + kEventColumns + " FROM events WHERE " + condition;
}

class SqliteHistory final : public History {
 public:
  explicit SqliteHistory(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        head_(*database_, "SELECT max(position) FROM events"),
        read_(*database_, event_query("position > ? ORDER BY position LIMIT ?")),
        stream_(*database_, event_query("kind = ? AND stream_id = ? AND stream_version > ? "
                                        "ORDER BY stream_version, position LIMIT ?")),
        incarnation_(*database_, "SELECT value FROM meta WHERE key = 'incarnation'") {}

  Result<Position> head() override {
    auto row = head_.step();
    if (!row) return row.error();
    const Position position = *row ? head_.integer(0) : 0;
    head_.reset();
    return position;
  }

  Result<std::vector<Event>> read(Position after, std::size_t max) override {
    read_.bind(1, after).bind(2, static_cast<std::int64_t>(max));
    return collect(read_);
  }

  Result<std::vector<Event>> read_stream(const StreamKey& key, std::int64_t after_version,
                                         std::size_t max) override {
    stream_.bind(1, static_cast<std::int64_t>(key.kind))
        .bind(2, key.id)
        .bind(3, after_version)
        .bind(4, static_cast<std::int64_t>(max));
    return collect(stream_);
  }

  Result<Uuid> incarnation() override {
    auto row = incarnation_.step();
    if (!row) return row.error();
    const Uuid id = *row ? incarnation_.id(0) : Uuid{};
    incarnation_.reset();
    if (id.is_nil()) {
      return make_error(ErrorCode::kCorrupt, database_->path() + " has no incarnation");
    }
    return id;
  }

 private:
  static Result<std::vector<Event>> collect(Statement& statement) {
    std::vector<Event> events;
    for (;;) {
      auto row = statement.step();
      if (!row) return row.error();
      if (!*row) break;
      auto event = read_event(statement);
      if (!event) {
        statement.reset();
        return event.error();
      }
      events.push_back(std::move(*event));
    }
    statement.reset();
    return events;
  }

  std::unique_ptr<Database> database_;
  Statement head_, read_, stream_, incarnation_;
};

}  // namespace

Result<std::unique_ptr<History>> open_history(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, kWriteSchema));
  return std::unique_ptr<History>(std::make_unique<SqliteHistory>(std::move(*database)));
}

}  // namespace cqrs::sqlite
