#include "core/adapters/sqlite/catalog.h"

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/schema.h"

namespace cqrs::sqlite {
namespace {

constexpr std::int64_t kCatalogSchema = 1;

constexpr const char* kTables = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES('schema_version', 1);
  CREATE TABLE generations(
    number INTEGER PRIMARY KEY AUTOINCREMENT, created_at INTEGER NOT NULL,
    rate INTEGER NOT NULL DEFAULT 0, proof INTEGER NOT NULL DEFAULT 0,
    served INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE pointer(id INTEGER PRIMARY KEY CHECK(id = 1), live INTEGER NOT NULL);
)sql";

// From files that carried no version. Which generations had been served was not kept: those up to
// the live one may have been.
constexpr const char* kUpgrade = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES('schema_version', 1);
  ALTER TABLE generations ADD COLUMN rate INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE generations ADD COLUMN proof INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE generations ADD COLUMN served INTEGER NOT NULL DEFAULT 0;
  UPDATE generations SET served = 1 WHERE number <= (SELECT live FROM pointer);
)sql";

constexpr const char* kList =
    "SELECT number, number = (SELECT live FROM pointer), created_at, rate, proof, served "
    "FROM generations ORDER BY number";
constexpr const char* kListWithoutVersion =
    "SELECT number, number = (SELECT live FROM pointer), created_at, 0, 0, 1 "
    "FROM generations ORDER BY number";

Result<bool> has_table(Database& database, const char* name) {
  Statement select(database, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  return select.bind(1, std::string_view(name)).step();
}

// A file from before versions were written: generations without meta.
Result<bool> is_without_version(Database& database) {
  auto meta = has_table(database, "meta");
  if (!meta) return meta.error();
  if (*meta) return false;
  return has_table(database, "generations");
}

class SqliteCatalog final : public GenerationCatalog {
 public:
  SqliteCatalog(std::unique_ptr<Database> database, const char* list)
      : database_(std::move(database)), list_(list) {}

  Result<std::vector<Generation>> list() override {
    Statement select(*database_, list_);
    std::vector<Generation> generations;
    for (;;) {
      auto row = select.step();
      if (!row) return row.error();
      if (!*row) return generations;
      generations.push_back({static_cast<int>(select.integer(0)),
                             select.integer(1) != 0,
                             {select.integer(2)},
                             select.integer(3),
                             static_cast<Proof>(select.integer(4)),
                             select.integer(5) != 0});
    }
  }

  Result<int> create(Timestamp now, std::int64_t rate) override {
    Statement insert(*database_, "INSERT INTO generations(created_at, rate) VALUES(?, ?)");
    CQRS_TRY(insert.bind(1, now.micros).bind(2, rate).run());
    return static_cast<int>(sqlite3_last_insert_rowid(database_->handle()));
  }

  Status switch_live(int expected, int to) override {
    CQRS_TRY(must_exist(to));
    Transaction transaction(*database_);
    CQRS_TRY(transaction.begin_immediate());
    Statement update(*database_, "UPDATE pointer SET live = ? WHERE live = ?");
    CQRS_TRY(update.bind(1, std::int64_t{to}).bind(2, std::int64_t{expected}).run());
    if (sqlite3_changes(database_->handle()) != 1) {
      return make_error(ErrorCode::kVersionConflict,
                        "generation " + std::to_string(expected) + " is not the live one any more");
    }
    CQRS_TRY(set("served", to, 1));
    CQRS_TRY(set("rate", to, 0));
    return transaction.commit();
  }

  Status set_rate(int number, std::int64_t rate) override {
    CQRS_TRY(must_exist(number));
    return set("rate", number, rate);
  }

  Status set_proof(int number, Proof proof) override {
    CQRS_TRY(must_exist(number));
    return set("proof", number, static_cast<std::int64_t>(proof));
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
    auto objects = database_->query_integer("SELECT count(*) FROM sqlite_master");
    if (!objects) return objects.error();
    auto without_version = is_without_version(*database_);
    if (!without_version) return without_version.error();
    if (*objects == 0) {
      CQRS_TRY(database_->execute(kTables));
      auto first = create(now, 0);
      if (!first) return first.error();
      CQRS_TRY(set("served", *first, 1));
      Statement insert(*database_, "INSERT INTO pointer VALUES(1, ?)");
      CQRS_TRY(insert.bind(1, std::int64_t{*first}).run());
    } else if (*without_version) {
      CQRS_TRY(database_->execute(kUpgrade));
    }
    CQRS_TRY(check_schema(*database_, kCatalogSchema));
    return transaction.commit();
  }

 private:
  Status set(const char* column, int number, std::int64_t value) {
    Statement update(*database_,
                     std::string("UPDATE generations SET ") + column + " = ? WHERE number = ?");
    return update.bind(1, value).bind(2, std::int64_t{number}).run();
  }

  Status must_exist(int number) {
    Statement select(*database_, "SELECT 1 FROM generations WHERE number = ?");
    auto row = select.bind(1, std::int64_t{number}).step();
    if (!row) return row.error();
    if (*row) return {};
    return make_error(ErrorCode::kNotFound, "there is no generation " + std::to_string(number),
                      "generation");
  }

  std::unique_ptr<Database> database_;
  const char* list_;
};

}  // namespace

Result<std::unique_ptr<GenerationCatalog>> open_catalog(const std::string& path, Timestamp now) {
  auto database = Database::open(path, OpenMode::kReadWrite);
  if (!database) return database.error();
  auto catalog = std::make_unique<SqliteCatalog>(std::move(*database), kList);
  CQRS_TRY(catalog->prepare(now));
  return std::unique_ptr<GenerationCatalog>(std::move(catalog));
}

Result<std::unique_ptr<GenerationCatalog>> open_catalog_read_only(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  auto without_version = is_without_version(**database);
  if (!without_version) return without_version.error();
  if (!*without_version) CQRS_TRY(check_schema(**database, kCatalogSchema));
  return std::unique_ptr<GenerationCatalog>(std::make_unique<SqliteCatalog>(
      std::move(*database), *without_version ? kListWithoutVersion : kList));
}

}  // namespace cqrs::sqlite
