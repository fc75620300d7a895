#include "core/adapters/sqlite/rows.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"

namespace cqrs::sqlite {
namespace {

// Rows per page of a sum: a few tens of milliseconds, so a scan never keeps the log from being
// reset.
constexpr std::int64_t kPage = 10'000;

// Where one store keeps its entities; the rest of a source is the same for streams and views.
struct Layout {
  std::string name;
  ContentFormat format = ContentFormat::kStreamState;
  const char* content = "state";
  const char* position_query = "";
  [[nodiscard]] std::string from(Kind kind) const {
    if (format == ContentFormat::kViewBody) return std::string(view_table(kind)) + " WHERE 1";
    return "streams WHERE kind = " + std::to_string(static_cast<int>(kind));
  }
};

class SqliteEntitySource final : public EntitySource {
 public:
  SqliteEntitySource(std::unique_ptr<Database> database, Layout layout)
      : database_(std::move(database)), layout_(std::move(layout)) {}

  std::string name() const override { return layout_.name; }
  ContentFormat format() const override { return layout_.format; }

  Result<Position> position() override { return database_->query_integer(layout_.position_query); }

  Result<BucketSums> sums(Kind kind) override {
    BucketSums sums;
    Statement page(*database_, "SELECT id, bucket, digest_high, digest_low FROM " +
                                   layout_.from(kind) + " AND id > ? ORDER BY id LIMIT ?");
    Uuid last;
    for (std::int64_t rows = kPage; rows == kPage;) {
      page.bind(1, last).bind(2, kPage);
      Uuid newest;
      for (rows = 0;; ++rows) {
        auto row = page.step();
        if (!row) return row.error();
        if (!*row) break;
        newest = page.id(0);
        sums.add(static_cast<int>(page.integer(1)) & (kBuckets - 1), page.digest(2));
      }
      page.reset();
      last = newest;
    }
    return sums;
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    Statement select(
        *database_, columns(with_content) + layout_.from(kind) + " AND id > ? ORDER BY id LIMIT ?");
    select.bind(1, after).bind(2, static_cast<std::int64_t>(limit));
    std::vector<EntityRow> rows;
    rows.reserve(limit);
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) return rows;
      read(select, with_content, rows.emplace_back());
    }
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    Statement select(*database_, columns(true) + layout_.from(key.kind) + " AND id = ?");
    auto row = select.bind(1, key.id).step();
    if (!row) return row.error();
    if (!*row) return std::optional<EntityRow>();
    EntityRow entity;
    read(select, true, entity);
    return std::optional<EntityRow>(std::move(entity));
  }

 private:
  [[nodiscard]] std::string columns(bool with_content) const {
    return std::string("SELECT id, version, deleted, digest_high, digest_low, position") +
           (with_content ? std::string(", ") + layout_.content : std::string()) + " FROM ";
  }

  static void read(const Statement& row, bool with_content, EntityRow& entity) {
    entity.id = row.id(0);
    entity.version = row.integer(1);
    entity.deleted = row.integer(2) != 0;
    entity.digest = row.digest(3);
    entity.position = row.integer(5);
    if (with_content) entity.content = row.text(6);
  }

  std::unique_ptr<Database> database_;
  Layout layout_;
};

class SqliteEventAudit final : public EventAudit {
 public:
  explicit SqliteEventAudit(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<Position> head() override {
    return database_->query_integer("SELECT max(position) FROM events");
  }
  Result<std::int64_t> count() override {
    return database_->query_integer("SELECT count(*) FROM events");
  }

  Result<std::vector<Event>> page(Kind kind, const EventPlace& after, std::size_t limit,
                                  bool with_data) override {
    const std::string columns =
        with_data ? kEventColumns : "position, event_id, kind, stream_id, stream_version";
    Statement select(*database_,
                     "SELECT " + columns +
                         " FROM events WHERE kind = ?1 AND (stream_id, stream_version, position) > "
                         "(?2, ?3, ?4) ORDER BY stream_id, stream_version, position LIMIT ?5");
    select.bind(1, static_cast<std::int64_t>(kind)).bind(2, after.stream).bind(3, after.version);
    select.bind(4, after.position).bind(5, static_cast<std::int64_t>(limit));
    return collect(select, with_data, kind);
  }

  Result<std::vector<Event>> stream(const StreamKey& key) override {
    Statement select(*database_, std::string("SELECT ") + kEventColumns +
                                     " FROM events WHERE kind = ? AND stream_id = ? ORDER BY "
                                     "stream_version, position");
    select.bind(1, static_cast<std::int64_t>(key.kind)).bind(2, key.id);
    return collect(select, true, key.kind);
  }

 private:
  static Result<std::vector<Event>> collect(Statement& select, bool with_data, Kind kind) {
    std::vector<Event> events;
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) return events;
      auto event = read(select, with_data, kind);
      if (!event) return event.error();
      events.push_back(std::move(*event));
    }
  }

  static Result<Event> read(const Statement& row, bool with_data, Kind kind) {
    if (with_data) return read_event(row);
    Event event;
    event.position = row.integer(0);
    event.event_id = row.id(1);
    event.stream = {kind, row.id(3)};
    event.version = row.integer(4);
    return event;
  }

  std::unique_ptr<Database> database_;
};

Result<std::unique_ptr<EntitySource>> open_source(const std::string& path, std::int64_t schema,
                                                  Layout layout) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, schema));
  return std::unique_ptr<EntitySource>(
      std::make_unique<SqliteEntitySource>(std::move(*database), std::move(layout)));
}

}  // namespace

Result<std::unique_ptr<EntitySource>> open_stream_source(const std::string& path) {
  return open_source(
      path, kWriteSchema,
      {"write store", ContentFormat::kStreamState, "state", "SELECT max(position) FROM events"});
}

Result<std::unique_ptr<EntitySource>> open_view_source(const std::string& path,
                                                       const std::string& name) {
  return open_source(path, kReadSchema,
                     {name, ContentFormat::kViewBody, "body", "SELECT applied FROM checkpoint"});
}

Result<std::unique_ptr<EventAudit>> open_event_audit(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, kWriteSchema));
  return std::unique_ptr<EventAudit>(std::make_unique<SqliteEventAudit>(std::move(*database)));
}

}  // namespace cqrs::sqlite
