#include "tests/adapters/postgres/view_database.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

namespace cqrs::support {

PostgresViews::PostgresViews() {
  options_.schema = fresh_namespace();
  options_.url = parts().postgres;
  options_.url += options_.url.find('?') == std::string::npos ? "?" : "&";
  options_.url += "application_name=" + options_.schema;
}

PostgresViews::~PostgresViews() {
  const auto stored = postgres::stored_generations(options_);
  EXPECT_TRUE(stored.ok());
  if (!stored) return;
  for (const int generation : *stored) {
    EXPECT_TRUE(postgres::remove_generation(options_, generation).ok());
  }
}

std::unique_ptr<ProjectionStore> PostgresViews::store() const {
  return opened(postgres::open_projection_store(options_, 1));
}

std::unique_ptr<ReadStore> PostgresViews::reader() const {
  return opened(postgres::open_read_store(options_, 1));
}

std::unique_ptr<EntitySource> PostgresViews::source() const {
  return opened(postgres::open_view_source(options_, 1, "postgres (g1)"));
}

std::string PostgresViews::execute(const std::string& sql) const {
  pqxx::connection connection(options_.url);
  pqxx::nontransaction session(connection);
  session.exec("SET search_path TO \"" + options_.schema + "-read-g1\"");
  const auto rows = session.exec(sql);
  return rows.empty() ? std::string() : rows[0][0].c_str();
}

int PostgresViews::terminate() const {
  return std::stoi(execute(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '" +
      options_.schema + "' AND pid <> pg_backend_pid()"));
}

}  // namespace cqrs::support
