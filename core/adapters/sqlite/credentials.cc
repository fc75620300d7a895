#include "core/adapters/sqlite/credential_table.h"
#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/stores.h"

namespace cqrs::sqlite {
namespace {

class SqliteCredentials final : public CredentialReader {
 public:
  explicit SqliteCredentials(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        // The planner would walk the whole table, which has the wanted order too.
        keyed_(*database_,
               "SELECT user, stage, key_id, hash, updated_at FROM credentials INDEXED BY "
               "credentials_keyed WHERE stage = 1 ORDER BY user LIMIT ?"),
        count_(*database_,
               "SELECT count(*) FROM credentials INDEXED BY credentials_keyed WHERE stage = 1"),
        find_(*database_,
              "SELECT user, stage, key_id, hash, updated_at FROM credentials WHERE user = ?") {}

  Result<std::vector<CredentialRecord>> keyed(std::size_t max) override {
    std::vector<CredentialRecord> found;
    keyed_.bind(1, static_cast<std::int64_t>(max));
    for (;;) {
      auto row = keyed_.step();
      if (!row) return row.error();
      if (!*row) break;
      auto record = read(keyed_);
      if (!record) {
        keyed_.reset();
        return record.error();
      }
      found.push_back(std::move(*record));
    }
    keyed_.reset();
    return found;
  }

  Result<std::int64_t> count_keyed() override {
    auto row = count_.step();
    if (!row) return row.error();
    const std::int64_t count = *row ? count_.integer(0) : 0;
    count_.reset();
    return count;
  }

  Result<std::optional<CredentialRecord>> find(const Uuid& user) override {
    auto row = find_.bind(1, user).step();
    if (!row) return row.error();
    if (!*row) {
      find_.reset();
      return std::optional<CredentialRecord>();
    }
    auto record = read(find_);
    find_.reset();
    if (!record) return record.error();
    return std::optional<CredentialRecord>(std::move(*record));
  }

 private:
  [[nodiscard]] Result<CredentialRecord> read(const Statement& row) const {
    const std::int64_t stage = row.integer(1);
    if (row.id(0).is_nil() || stage < 1 || stage > 3) {
      return make_error(ErrorCode::kCorrupt,
                        database_->path() + " has a credential that cannot be");
    }
    return CredentialRecord{row.id(0),
                            {static_cast<CredentialStage>(stage), static_cast<int>(row.integer(2)),
                             std::string(row.text(3))},
                            {row.integer(4)}};
  }

  std::unique_ptr<Database> database_;
  Statement keyed_, count_, find_;
};

}  // namespace

CredentialTable::CredentialTable(Database& database)
    : put_(database, "INSERT OR REPLACE INTO credentials VALUES(?, ?, ?, ?, ?)"),
      upgrade_(database,
               "UPDATE credentials SET stage = ?1, key_id = ?2, hash = ?3, updated_at = ?4 WHERE "
               "user = ?5 AND stage = ?6 AND key_id = ?7 AND hash = ?8"),
      remove_(database, "DELETE FROM credentials WHERE user = ?") {}

Status CredentialTable::write(const Changes& changes) {
  for (const auto& record : changes.credentials) CQRS_TRY(put(record));
  for (const auto& change : changes.upgrades) CQRS_TRY(upgrade(change));
  for (const auto& stream : changes.streams) {
    if (!stream.deleted || stream.key.kind != Kind::kUser) continue;
    CQRS_TRY(remove_.bind(1, stream.key.id).run());
  }
  return {};
}

Status CredentialTable::put(const CredentialRecord& record) {
  return put_.bind(1, record.user)
      .bind(2, static_cast<std::int64_t>(record.credential.stage))
      .bind(3, std::int64_t{record.credential.key_id})
      .bind_blob(4, record.credential.hash)
      .bind(5, record.updated_at.micros)
      .run();
}

Status CredentialTable::upgrade(const CredentialUpgrade& change) {
  const Credential& after = change.after.credential;
  return upgrade_.bind(1, static_cast<std::int64_t>(after.stage))
      .bind(2, std::int64_t{after.key_id})
      .bind_blob(3, after.hash)
      .bind(4, change.after.updated_at.micros)
      .bind(5, change.after.user)
      .bind(6, static_cast<std::int64_t>(change.before.stage))
      .bind(7, std::int64_t{change.before.key_id})
      .bind_blob(8, change.before.hash)
      .run();
}

Result<std::unique_ptr<CredentialReader>> open_credentials(const std::string& path) {
  auto database = Database::open(path, OpenMode::kReadOnly);
  if (!database) return database.error();
  CQRS_TRY(check_schema(**database, kWriteSchema));
  return std::unique_ptr<CredentialReader>(
      std::make_unique<SqliteCredentials>(std::move(*database)));
}

}  // namespace cqrs::sqlite
