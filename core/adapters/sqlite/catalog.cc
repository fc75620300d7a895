#include "core/adapters/sqlite/catalog.h"

#include "core/adapters/sqlite/database.h"

namespace cqrs::sqlite {
namespace {

constexpr const char* kTables = R"sql(
  CREATE TABLE IF NOT EXISTS generations(number INTEGER PRIMARY KEY AUTOINCREMENT,
                                         created_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS pointer(id INTEGER PRIMARY KEY CHECK(id = 1), live INTEGER NOT NULL);
)sql";

class SqliteCatalog final : public GenerationCatalog {
 public:
  explicit SqliteCatalog(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::vector<Generation>> list() override {
    Statement select(
        *database_,
        "SELECT number, number = (SELECT live FROM pointer), created_at FROM generations "
        "ORDER BY number");
    std::vector<Generation> generations;
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) return generations;
      generations.push_back(
          {static_cast<int>(select.integer(0)), select.integer(1) != 0, {select.integer(2)}});
    }
  }

  Result<int> create(Timestamp now) override {
    Statement insert(*database_, "INSERT INTO generations(created_at) VALUES(?)");
    CQRS_TRY(insert.bind(1, now.micros).run());
    return static_cast<int>(sqlite3_last_insert_rowid(database_->handle()));
  }

  Status switch_live(int expected, int to) override {
    CQRS_TRY(must_exist(to));
    Statement update(*database_, "UPDATE pointer SET live = ? WHERE live = ?");
    CQRS_TRY(update.bind(1, std::int64_t{to}).bind(2, std::int64_t{expected}).run());
    if (sqlite3_changes(database_->handle()) == 1) return {};
    return make_error(ErrorCode::kVersionConflict,
                      "generation " + std::to_string(expected) + " is not the live one any more");
  }

  Status drop(int number) override {
    CQRS_TRY(must_exist(number));
    Statement remove(
        *database_,
        "DELETE FROM generations WHERE number = ? AND number <> (SELECT live FROM pointer)");
    CQRS_TRY(remove.bind(1, std::int64_t{number}).run());
    if (sqlite3_changes(database_->handle()) == 1) return {};
    return invalid("generation", "generation " + std::to_string(number) +
                                     " is live: switch to another one before dropping it");
  }

  Status prepare(Timestamp now) {
    CQRS_TRY(database_->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    Transaction transaction(*database_);
    CQRS_TRY(transaction.begin_immediate());
    CQRS_TRY(database_->execute(kTables));
    auto pointers = database_->query_integer("SELECT count(*) FROM pointer");
    if (!pointers) return pointers.error();
    if (*pointers == 0) {
      auto first = create(now);
      if (!first) return first.error();
      Statement insert(*database_, "INSERT INTO pointer VALUES(1, ?)");
      CQRS_TRY(insert.bind(1, std::int64_t{*first}).run());
    }
    return transaction.commit();
  }

 private:
  Status must_exist(int number) {
    Statement select(*database_, "SELECT 1 FROM generations WHERE number = ?");
    auto row = select.bind(1, std::int64_t{number}).step();
    if (!row) return row.error();
    if (*row) return {};
    return make_error(ErrorCode::kNotFound, "there is no generation " + std::to_string(number),
                      "generation");
  }

  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<GenerationCatalog>> open_catalog(const std::string& path, Timestamp now) {
  auto database = Database::open(path, OpenMode::kReadWrite);
  if (!database) return database.error();
  auto catalog = std::make_unique<SqliteCatalog>(std::move(*database));
  CQRS_TRY(catalog->prepare(now));
  return std::unique_ptr<GenerationCatalog>(std::move(catalog));
}

Result<std::unique_ptr<GenerationCatalog>> open_catalog_read_only(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  return std::unique_ptr<GenerationCatalog>(std::make_unique<SqliteCatalog>(std::move(*database)));
}

}  // namespace cqrs::sqlite
