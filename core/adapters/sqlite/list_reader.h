// Answers ListQuery from the narrow tables and the full-text indexes: ids only, the rows are read
// by id afterwards. Used by the read store.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/adapters/sqlite/words.h"
#include "core/read/list_query.h"

#include <map>
#include <string>
#include <vector>

namespace cqrs::sqlite {

class ListReader {
 public:
  // `database` must outlive it.
  explicit ListReader(Database& database) : database_(database), words_(database) {}

  struct Found {
    std::vector<StreamKey> keys;
    std::vector<SortPlace> places;  // of each key
  };
  [[nodiscard]] Result<Found> find(const ListQuery& query);
  [[nodiscard]] Result<std::int64_t> count(const ListQuery& query);
  [[nodiscard]] Words& words() { return words_; }

 private:
  // The FTS5 expression of the query, empty when it has none.
  [[nodiscard]] Result<std::string> match_of(const ListQuery& query);
  [[nodiscard]] Statement& prepared(const std::string& sql);

  Database& database_;
  Words words_;
  std::map<std::string, Statement> statements_;  // one per form of query
};

}  // namespace cqrs::sqlite
