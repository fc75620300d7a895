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
        applied_(*database_, "SELECT applied FROM checkpoint") {
    for (const Kind kind : kAllKinds) {
      list_[kind_index(kind)] = Statement(
          *database_, std::string("SELECT ") + kViewColumns + " FROM " + view_table(kind) +
                          " WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?");
    }
  }

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    return lookup_.find(keys);
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
      auto count = database_->query_integer(std::string("SELECT count(*) FROM ") +
                                            view_table(kind) + " WHERE deleted = 0");
      if (!count) return count.error();
      (kind == Kind::kUser      ? counts.users
       : kind == Kind::kProduct ? counts.products
                                : counts.orders) = *count;
    }
    return counts;
  }

 private:
  std::unique_ptr<Database> database_;
  ViewLookup lookup_;
  std::array<Statement, kAllKinds.size()> list_;
  Statement applied_;
};

}  // namespace

Result<std::unique_ptr<ReadStore>> open_read_store(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, kReadSchema));
  return std::unique_ptr<ReadStore>(std::make_unique<SqliteReadStore>(std::move(*database)));
}

}  // namespace cqrs::sqlite
