#include "core/adapters/sqlite/index_audit.h"
#include "core/adapters/sqlite/rows.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"
#include "core/adapters/sqlite/words.h"
#include "core/base/hash.h"

#include <algorithm>
#include <array>

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

// Statements are prepared once and reset after every use: one that is not would hold its snapshot,
// and with it the log.
class Running {
 public:
  explicit Running(Statement& statement) : statement_(statement) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { statement_.reset(); }

 private:
  Statement& statement_;
};

class SqliteEntitySource final : public EntitySource {
 public:
  SqliteEntitySource(std::unique_ptr<Database> database, Layout layout)
      : database_(std::move(database)),
        layout_(std::move(layout)),
        position_(*database_, layout_.position_query) {
    for (const Kind kind : kAllKinds) {
      const std::string from = layout_.from(kind);
      const std::string next = from + " AND id > ? ORDER BY id LIMIT ?";
      auto& prepared = by_kind_[kind_index(kind)];
      prepared.sums = {*database_, "SELECT id, bucket, digest_high, digest_low FROM " + next};
      prepared.digests = {*database_, columns(false) + next};
      prepared.contents = {*database_, columns(true) + next};
      prepared.one = {*database_, columns(true) + from + " AND id = ?"};
    }
  }

  std::string name() const override { return layout_.name; }
  ContentFormat format() const override { return layout_.format; }

  std::vector<ExtraCheck> extra_checks() override {
    std::vector<ExtraCheck> checks;
    if (layout_.format != ContentFormat::kViewBody) return checks;
    for (const Kind kind : kAllKinds) {
      checks.push_back({std::string(view_table(kind)) + " view = its index",
                        [this, kind](Findings& findings) { return check_index(kind, findings); }});
    }
    return checks;
  }

  Result<Position> position() override {
    const Running running(position_);
    auto row = position_.step();
    if (!row) return row.error();
    return *row ? position_.integer(0) : Position{0};
  }

  Result<BucketSums> sums(Kind kind) override {
    BucketSums sums;
    Statement& page = by_kind_[kind_index(kind)].sums;
    Uuid last;
    for (std::int64_t rows = kPage; rows == kPage;) {
      const Running running(page);
      page.bind(1, last).bind(2, kPage);
      Uuid newest;
      for (rows = 0;; ++rows) {
        auto row = page.step();
        if (!row) return row.error();
        if (!*row) break;
        newest = page.id(0);
        sums.add(static_cast<int>(page.integer(1)) & (kBuckets - 1), page.digest(2));
      }
      last = newest;
    }
    return sums;
  }

  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override {
    auto& prepared = by_kind_[kind_index(kind)];
    Statement& select = with_content ? prepared.contents : prepared.digests;
    const Running running(select);
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

  // The buckets have no index of their own: one pass over the kind's digests finds them.
  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override {
    std::vector<EntityRow> wanted;
    Uuid last;
    for (std::size_t rows = kPage; rows == kPage;) {
      auto next = page(kind, last, kPage, false);
      if (!next) return next.error();
      rows = next->size();
      if (rows > 0) last = next->back().id;
      for (auto& row : *next) {
        if (std::binary_search(buckets.begin(), buckets.end(), bucket_of(row.id))) {
          wanted.push_back(std::move(row));
        }
      }
    }
    return wanted;
  }

  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override {
    Statement& select = by_kind_[kind_index(key.kind)].one;
    const Running running(select);
    auto row = select.bind(1, key.id).step();
    if (!row) return row.error();
    if (!*row) return std::optional<EntityRow>();
    EntityRow entity;
    read(select, true, entity);
    return std::optional<EntityRow>(std::move(entity));
  }

 private:
  // In one snapshot, so that writes may go on; read-only, so that ending it by a rollback is fine.
  Result<std::int64_t> check_index(Kind kind, Findings& findings) {
    Words words(*database_);
    Transaction snapshot(*database_);
    CQRS_TRY(snapshot.begin_read());
    auto rows = database_->query_integer(std::string("SELECT count(*) FROM ") + view_table(kind));
    if (!rows) return rows.error();
    auto differing = index_differences(*database_, words, kind, findings.limit);
    if (!differing) return differing.error();
    for (const auto& id : *differing) {
      Finding finding;
      finding.kind = Difference::kField;
      finding.place = FindingPlace::kExtra;
      finding.entity = {kind, id};
      finding.store = layout_.name + ", index";
      finding.field = "words";
      finding.expected = "those of the row";
      finding.actual = "others";
      findings.add(std::move(finding));
    }
    return *rows;
  }

  struct Prepared {
    Statement sums, digests, contents, one;
  };

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
  Statement position_;
  std::array<Prepared, kAllKinds.size()> by_kind_;
};

std::string events_page(const char* columns) {
  return std::string("SELECT ") + columns +
         " FROM events WHERE kind = ?1 AND (stream_id, stream_version, position) > (?2, ?3, ?4) "
         "ORDER BY stream_id, stream_version, position LIMIT ?5";
}

class SqliteEventAudit final : public EventAudit {
 public:
  explicit SqliteEventAudit(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        head_(*database_, "SELECT max(position) FROM events"),
        positions_(*database_,
                   "SELECT position FROM events WHERE position > ? AND position <= ? ORDER BY "
                   "position LIMIT ?"),
        // These columns stand in the index itself: no table row is looked up.
        places_(*database_, events_page("position, stream_id, stream_version")),
        contents_(*database_,
                  events_page("position, stream_id, stream_version, type, schema_version, data")),
        stream_(*database_, std::string("SELECT ") + kEventColumns +
                                " FROM events WHERE kind = ? AND stream_id = ? ORDER BY "
                                "stream_version, position") {}

  Result<Position> head() override {
    const Running running(head_);
    auto row = head_.step();
    if (!row) return row.error();
    return *row ? head_.integer(0) : Position{0};
  }

  Result<std::vector<Position>> missing(Position up_to, std::size_t most) override {
    std::vector<Position> holes;
    Position expected = 1;
    for (bool more = true; more && holes.size() < most;) {
      auto last = next_positions(expected - 1, up_to, most, expected, holes);
      if (!last) return last.error();
      more = *last;
    }
    for (; expected <= up_to && holes.size() < most; ++expected) holes.push_back(expected);
    return holes;
  }

  Result<std::vector<Event>> page(Kind kind, const EventPlace& after, std::size_t limit,
                                  bool with_data) override {
    Statement& select = with_data ? contents_ : places_;
    const Running running(select);
    select.bind(1, static_cast<std::int64_t>(kind)).bind(2, after.stream).bind(3, after.version);
    select.bind(4, after.position).bind(5, static_cast<std::int64_t>(limit));
    std::vector<Event> events;
    events.reserve(limit);
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) return events;
      Event& event = events.emplace_back();
      event.position = select.integer(0);
      event.stream = {kind, select.id(1)};
      event.version = select.integer(2);
      if (!with_data) continue;
      event.type = select.text(3);
      event.schema_version = static_cast<int>(select.integer(4));
      event.data = select.text(5);
    }
  }

  Result<std::vector<Event>> stream(const StreamKey& key) override {
    const Running running(stream_);
    stream_.bind(1, static_cast<std::int64_t>(key.kind)).bind(2, key.id);
    std::vector<Event> events;
    for (;;) {
      auto row = stream_.step();
      if (!row) return row.error();
      if (!*row) return events;
      auto event = read_event(stream_);
      if (!event) return event.error();
      events.push_back(std::move(*event));
    }
  }

 private:
  // One page of positions; whether there may be more.
  Result<bool> next_positions(Position after, Position up_to, std::size_t most, Position& expected,
                              std::vector<Position>& holes) {
    const Running running(positions_);
    positions_.bind(1, after).bind(2, up_to).bind(3, kPage);
    for (std::int64_t rows = 0;; ++rows) {
      auto row = positions_.step();
      if (!row) return row.error();
      if (!*row) return rows == kPage;
      const Position present = positions_.integer(0);
      for (; expected < present && holes.size() < most; ++expected) holes.push_back(expected);
      expected = present + 1;
    }
  }

  std::unique_ptr<Database> database_;
  Statement head_, positions_, places_, contents_, stream_;
};

Result<std::unique_ptr<EntitySource>> open_source(const std::string& path, Layout layout) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  const bool views = layout.format == ContentFormat::kViewBody;
  CQRS_TRY(views ? check_read_schema(**database) : check_schema(**database, kWriteSchema));
  return std::unique_ptr<EntitySource>(
      std::make_unique<SqliteEntitySource>(std::move(*database), std::move(layout)));
}

}  // namespace

Result<std::unique_ptr<EntitySource>> open_stream_source(const std::string& path) {
  return open_source(path, {"write store", ContentFormat::kStreamState, "state",
                            "SELECT max(position) FROM events"});
}

Result<std::unique_ptr<EntitySource>> open_view_source(const std::string& path,
                                                       const std::string& name) {
  return open_source(path,
                     {name, ContentFormat::kViewBody, "body", "SELECT applied FROM checkpoint"});
}

Result<std::unique_ptr<EventAudit>> open_event_audit(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, kWriteSchema));
  return std::unique_ptr<EventAudit>(std::make_unique<SqliteEventAudit>(std::move(*database)));
}

}  // namespace cqrs::sqlite
