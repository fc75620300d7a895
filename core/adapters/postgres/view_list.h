// ListQuery as PostgreSQL asks it. Internal to this adapter.
#pragma once

#include "core/adapters/postgres/rows.h"
#include "core/read/list_query.h"

#include <pqxx/nontransaction>

#include <string>
#include <vector>

namespace cqrs::postgres {

class ViewList {
 public:
  // Error: invalid (`q`: no letter or digit in its words). The query must outlive this.
  [[nodiscard]] static Result<ViewList> of(const ListQuery& query);
  [[nodiscard]] Listed find(pqxx::nontransaction& session);
  [[nodiscard]] std::int64_t count(pqxx::nontransaction& session);

 private:
  explicit ViewList(const ListQuery& query) : query_(query) {}
  std::string parameter(std::string value);  // "$1", …
  [[nodiscard]] std::string filter();
  [[nodiscard]] std::string behind_place(const std::string& key);
  [[nodiscard]] std::string weight();
  [[nodiscard]] pqxx::result ask(pqxx::nontransaction& session, const std::string& sql) const;

  const ListQuery& query_;
  std::vector<std::string> words_;
  std::vector<std::string> parameters_;
};

}  // namespace cqrs::postgres
