// Views of a test's own on the real server: generation 1, removed at the end, with a way past the
// stores, to damage rows and to look at what is stored.
#pragma once

#include "core/adapters/postgres/views.h"

#include <memory>
#include <string>

namespace cqrs::support {

class PostgresViews {
 public:
  PostgresViews();
  PostgresViews(const PostgresViews&) = delete;
  PostgresViews& operator=(const PostgresViews&) = delete;
  ~PostgresViews();

  [[nodiscard]] const postgres::Options& options() const { return options_; }
  [[nodiscard]] std::unique_ptr<ProjectionStore> store() const;
  [[nodiscard]] std::unique_ptr<ReadStore> reader() const;
  [[nodiscard]] std::unique_ptr<EntitySource> source() const;
  // Runs `sql` with generation 1 in front; the first column of the first row, empty without rows.
  std::string execute(const std::string& sql) const;
  // Ends every session of these stores; how many there were.
  int terminate() const;

 private:
  postgres::Options options_;
};

}  // namespace cqrs::support
