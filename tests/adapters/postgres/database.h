// A schema of a test's own on the real server, and statements that the stores would never send.
#pragma once

#include "core/adapters/postgres/stores.h"

#include <pqxx/pqxx>

#include <memory>
#include <string>
#include <utility>

namespace cqrs::support {

// Migrated when it is made, dropped at the end.
class PostgresSchema {
 public:
  explicit PostgresSchema(bool migrated = true);
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;
  ~PostgresSchema();

  [[nodiscard]] const postgres::Options& options() const { return options_; }
  // A session beside those of the stores, with the schema in front.
  [[nodiscard]] std::unique_ptr<pqxx::connection> session() const;
  // Runs `sql` in a session of its own; the first column of the first row, empty without rows.
  std::string execute(const std::string& sql) const;
  // Ends every session of this schema's stores; how many there were.
  int terminate() const;

 private:
  postgres::Options options_;
};

// Ends the test program with the reason when a store cannot be opened.
template <class Port>
std::unique_ptr<Port> opened(Result<std::unique_ptr<Port>> port) {
  CQRS_CHECK(port.ok());
  return std::move(*port);
}

}  // namespace cqrs::support
