// Both sides of the contract suites on PostgreSQL: fresh schemas for every test.
#include "tests/support/backends.h"

#include "tests/adapters/postgres/database.h"
#include "tests/adapters/postgres/view_database.h"
#include "tests/support/parts.h"

namespace cqrs::support {

PostgresSchema::PostgresSchema(bool migrated) {
  options_.schema = fresh_namespace();
  options_.url = parts().postgres;
  options_.url += options_.url.find('?') == std::string::npos ? "?" : "&";
  options_.url += "application_name=" + options_.schema;
  if (!migrated) return;
  const auto done = postgres::migrate(options_);
  if (done.ok()) return;
  ADD_FAILURE() << done.error().message;
  std::abort();
}

PostgresSchema::~PostgresSchema() { EXPECT_TRUE(postgres::drop_schema(options_).ok()); }

std::unique_ptr<pqxx::connection> PostgresSchema::session() const {
  auto connection = std::make_unique<pqxx::connection>(options_.url);
  pqxx::nontransaction(*connection).exec("SET search_path TO \"" + options_.schema + "\"");
  return connection;
}

std::string PostgresSchema::execute(const std::string& sql) const {
  const auto connection = session();
  const auto rows = pqxx::nontransaction(*connection).exec(sql);
  return rows.empty() ? std::string() : rows[0][0].c_str();
}

int PostgresSchema::terminate() const {
  return std::stoi(
      execute("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE "
              "application_name = '" +
              options_.schema + "' AND pid <> pg_backend_pid()"));
}

namespace {

class PostgresWriteSide final : public WriteSide {
 public:
  std::unique_ptr<WriteStore> open_store() override {
    return opened(postgres::open_write_store(schema_.options()));
  }
  std::unique_ptr<History> open_history() override {
    return opened(postgres::open_history(schema_.options()));
  }
  std::unique_ptr<CredentialReader> open_credentials() override {
    return opened(postgres::open_credentials(schema_.options()));
  }

 private:
  PostgresSchema schema_;
};

class PostgresReadSide final : public ReadSide {
 public:
  std::unique_ptr<ProjectionStore> open_store() override { return views_.store(); }
  std::unique_ptr<ReadStore> open_reader() override { return views_.reader(); }

 private:
  PostgresViews views_;
};

std::unique_ptr<WriteSide> postgres_write_side() { return std::make_unique<PostgresWriteSide>(); }
std::unique_ptr<ReadSide> postgres_read_side() { return std::make_unique<PostgresReadSide>(); }

}  // namespace

std::vector<Backend<WriteSide>> write_backends() { return {{"postgres", postgres_write_side}}; }
std::vector<Backend<ReadSide>> read_backends() { return {{"postgres", postgres_read_side}}; }

}  // namespace cqrs::support
