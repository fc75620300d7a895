#include "core/adapters/postgres/view_audit.h"
#include "core/adapters/postgres/view_list.h"
#include "core/adapters/postgres/view_lookup.h"
#include "core/adapters/postgres/view_schema.h"

#include <set>

namespace cqrs::postgres {
namespace {

constexpr const char* kSettings = "SET lock_timeout = '10s'; SET statement_timeout = '60s'";

class PostgresReadStore final : public ReadStore {
 public:
  PostgresReadStore(std::unique_ptr<Connection> connection, std::string schema)
      : connection_(std::move(connection)), schema_(std::move(schema)) {}

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    using Rows = std::vector<std::optional<ViewRow>>;
    return run_or_empty(
        *connection_, Rows(keys.size()),
        [&](pqxx::nontransaction& session) -> Result<Rows> { return find_rows(session, keys); });
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    using Rows = std::vector<ViewRow>;
    const std::string sql = std::string("SELECT ") + kViewColumns + " FROM " + view_table(kind) +
                            " WHERE id > $1 AND NOT deleted ORDER BY id LIMIT $2";
    return run_or_empty(*connection_, Rows(), [&](pqxx::nontransaction& session) -> Result<Rows> {
      Rows rows;
      for (const auto& row : session.exec_params(sql, to_string(after), limit)) {
        rows.push_back(read_view_row(kind, row));
      }
      return rows;
    });
  }

  Result<Listed> find(const ListQuery& query) override {
    auto list = ViewList::of(query);
    if (!list) return list.error();
    return run_or_empty(
        *connection_, Listed(),
        [&](pqxx::nontransaction& session) -> Result<Listed> { return list->find(session); });
  }

  Result<std::int64_t> count(const ListQuery& query) override {
    auto list = ViewList::of(query);
    if (!list) return list.error();
    return run_or_empty(*connection_, std::int64_t{0},
                        [&](pqxx::nontransaction& session) -> Result<std::int64_t> {
                          return list->count(session);
                        });
  }

  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    using Flags = std::vector<bool>;
    Flags none(keys.size());
    if (keys.empty()) return none;
    return run_or_empty(*connection_, none, [&](pqxx::nontransaction& session) -> Result<Flags> {
      std::vector<Uuid> ids;
      for (const auto& key : keys) ids.push_back(key.id);
      std::set<StreamKey> found;
      for (const auto& row : session.exec_params(
               "SELECT DISTINCT kind, stream_id FROM parked WHERE stream_id = ANY($1::uuid[])",
               id_list(ids))) {
        const auto kind = kind_from_number(integer(row, 0));
        if (kind) found.insert({*kind, id(row, 1)});
      }
      Flags flags(keys.size());
      for (std::size_t i = 0; i < keys.size(); ++i) flags[i] = found.contains(keys[i]);
      return flags;
    });
  }

  Result<std::vector<Uuid>> index_differences(Kind kind, std::size_t limit) override {
    auto audit = audit_views(*connection_, kind, limit);
    if (!audit) return audit.error();
    return std::move(audit->differing);
  }

  Result<Position> applied() override {
    auto stored = load_checkpoint(*connection_, schema_);
    if (!stored) return stored.error();
    return *stored ? (*stored)->checkpoint.applied : Position{0};
  }

  Result<Counts> counts() override {
    return run_or_empty(
        *connection_, Counts(), [](pqxx::nontransaction& session) -> Result<Counts> {
          const auto rows = session.exec(
              "SELECT (SELECT count(*) FROM users WHERE NOT deleted), "
              "(SELECT count(*) FROM products WHERE NOT deleted), "
              "(SELECT count(*) FROM orders WHERE NOT deleted)");
          return Counts{integer(rows[0], 0), integer(rows[0], 1), integer(rows[0], 2)};
        });
  }

 private:
  std::unique_ptr<Connection> connection_;
  std::string schema_;
};

}  // namespace

Result<std::unique_ptr<ReadStore>> open_read_store(const Options& options, int generation) {
  auto connection = open_views(options, generation, {"cqrs query", kSettings, {}});
  if (!connection) return connection.error();
  const std::string schema = view_schema(options, generation);
  // Tells at once whether the format is known.
  auto stored = load_checkpoint(**connection, schema);
  if (!stored) return stored.error();
  return std::unique_ptr<ReadStore>(
      std::make_unique<PostgresReadStore>(std::move(*connection), schema));
}

}  // namespace cqrs::postgres
