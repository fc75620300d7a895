#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

namespace cqrs::postgres {
namespace {

class PostgresCredentials final : public CredentialReader {
 public:
  explicit PostgresCredentials(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<std::vector<CredentialRecord>> keyed(std::size_t max) override {
    return connection_->run(
        [&](pqxx::nontransaction& session) -> Result<std::vector<CredentialRecord>> {
          std::vector<CredentialRecord> found;
          for (const auto& row : session.exec_prepared("keyed", max)) {
            auto record = read(row);
            if (!record) return record.error();
            found.push_back(std::move(*record));
          }
          return found;
        });
  }

  Result<std::int64_t> count_keyed() override {
    return connection_->run([](pqxx::nontransaction& session) -> Result<std::int64_t> {
      return integer(session.exec_prepared("count_keyed")[0], 0);
    });
  }

  Result<std::optional<CredentialRecord>> find(const Uuid& user) override {
    return connection_->run(
        [&](pqxx::nontransaction& session) -> Result<std::optional<CredentialRecord>> {
          const auto rows = session.exec_prepared("find", to_string(user));
          if (rows.empty()) return std::optional<CredentialRecord>();
          auto record = read(rows[0]);
          if (!record) return record.error();
          return std::optional<CredentialRecord>(std::move(*record));
        });
  }

 private:
  [[nodiscard]] Result<CredentialRecord> read(const pqxx::row& row) const {
    const std::int64_t stage = integer(row, 1);
    if (id(row, 0).is_nil() || stage < 1 || stage > 3) {
      return make_error(ErrorCode::kCorrupt,
                        "schema \"" + connection_->schema() + "\" has a credential that cannot be");
    }
    return CredentialRecord{
        id(row, 0),
        {static_cast<CredentialStage>(stage), static_cast<int>(integer(row, 2)), bytes(row, 3)},
        {integer(row, 4)}};
  }

  std::unique_ptr<Connection> connection_;
};

Status prepare(pqxx::nontransaction& session) {
  const std::string columns =
      "SELECT user_id, stage, key_id, hash, updated_at FROM credentials WHERE ";
  prepare_now(session, "keyed", columns + "stage = 1 ORDER BY user_id LIMIT $1");
  prepare_now(session, "count_keyed", "SELECT count(*) FROM credentials WHERE stage = 1");
  prepare_now(session, "find", columns + "user_id = $1");
  return {};
}

}  // namespace

Result<std::unique_ptr<CredentialReader>> open_credentials(const Options& options) {
  // What is left to be wrapped stands in an index of its own; the table may be large.
  auto connection = open_checked(
      options,
      {"cqrs credentials",
       "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_sort = off",
       prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<CredentialReader>(
      std::make_unique<PostgresCredentials>(std::move(*connection)));
}

}  // namespace cqrs::postgres
