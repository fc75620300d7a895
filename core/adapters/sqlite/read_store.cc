#include "core/adapters/sqlite/index_audit.h"
#include "core/adapters/sqlite/list_reader.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"
#include "core/adapters/sqlite/view_table.h"

namespace cqrs::sqlite {
namespace {

class SqliteReadStore final : public ReadStore {
 public:
  explicit SqliteReadStore(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        lookup_(*database_),
        lists_(*database_),
        begin_(*database_, "BEGIN"),
        end_(*database_, "COMMIT"),
        applied_(*database_, "SELECT applied FROM checkpoint"),
        any_parked_(*database_, "SELECT EXISTS(SELECT 1 FROM parked)"),
        is_parked_(*database_,
                   "SELECT EXISTS(SELECT 1 FROM parked WHERE kind = ? AND stream_id = ?)") {
    for (const Kind kind : kAllKinds) {
      list_[kind_index(kind)] = Statement(
          *database_, std::string("SELECT ") + kViewColumns + " FROM " + view_table(kind) +
                          " WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?");
    }
  }

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    if (keys.size() < 2) return lookup_.find(keys);
    return in_snapshot([&] { return lookup_.find(keys); });
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    Statement& select = list_[kind_index(kind)];
    select.bind(1, after).bind(2, static_cast<std::int64_t>(limit));
    std::vector<ViewRow> rows;
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) break;
      rows.push_back(read_view_row(kind, select));
    }
    select.reset();
    return rows;
  }

  Result<Listed> find(const ListQuery& query) override {
    return in_snapshot([&]() -> Result<Listed> {
      auto found = lists_.find(query);
      if (!found) return found.error();
      auto rows = lookup_.find(found->keys);
      if (!rows) return rows.error();
      Listed listed;
      for (std::size_t i = 0; i < rows->size(); ++i) {
        auto& row = (*rows)[i];
        // In one snapshot there is always a row; a damaged index must not spoil the whole list.
        if (!row || row->deleted) continue;
        listed.rows.push_back(std::move(*row));
        listed.places.push_back(std::move(found->places[i]));
      }
      return listed;
    });
  }

  Result<std::int64_t> count(const ListQuery& query) override { return lists_.count(query); }

  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    std::vector<bool> parked(keys.size());
    auto any = flag(any_parked_);
    if (!any) return any.error();
    if (!*any) return parked;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      is_parked_.bind(1, static_cast<std::int64_t>(keys[i].kind)).bind(2, keys[i].id);
      auto found = flag(is_parked_);
      if (!found) return found.error();
      parked[i] = *found;
    }
    return parked;
  }

  Result<std::vector<Uuid>> index_differences(Kind kind, std::size_t limit) override {
    return in_snapshot(
        [&] { return sqlite::index_differences(*database_, lists_.words(), kind, limit); });
  }

  Result<Position> applied() override {
    auto row = applied_.step();
    if (!row) return row.error();
    const Position position = *row ? applied_.integer(0) : 0;
    applied_.reset();
    return position;
  }

  Result<Counts> counts() override {
    Counts counts;
    for (const Kind kind : kAllKinds) {
      auto count =
          database_->query_integer(std::string("SELECT count(*) FROM ") + listed_table(kind));
      if (!count) return count.error();
      (kind == Kind::kUser      ? counts.users
       : kind == Kind::kProduct ? counts.products
                                : counts.orders) = *count;
    }
    return counts;
  }

 private:
  // Everything that `read` reads belongs together; and one pair of locks on the file serves it all.
  template <class Read>
  auto in_snapshot(Read&& read) -> decltype(read()) {
    CQRS_TRY(begin_.run());
    auto result = std::forward<Read>(read)();
    auto ended = end_.run();
    if (result.ok() && !ended) return ended.error();
    return result;
  }

  static Result<bool> flag(Statement& select) {
    auto row = select.step();
    if (!row) return row.error();
    const bool value = *row && select.integer(0) != 0;
    select.reset();
    return value;
  }

  std::unique_ptr<Database> database_;
  ViewLookup lookup_;
  ListReader lists_;
  Statement begin_, end_;
  std::array<Statement, kAllKinds.size()> list_;
  Statement applied_, any_parked_, is_parked_;
};

}  // namespace

Result<std::unique_ptr<ReadStore>> open_read_store(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_read_schema(**database));
  CQRS_TRY((*database)->execute("PRAGMA cache_size=-8192"));
  return std::unique_ptr<ReadStore>(std::make_unique<SqliteReadStore>(std::move(*database)));
}

}  // namespace cqrs::sqlite
