// Answers list queries from the index: which rows, in what order, how many.
#pragma once

#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/search.h"
#include "core/read/list_query.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::redis {

class ListReader {
 public:
  ListReader(Connection& connection, const Keys& keys) : connection_(connection), keys_(keys) {}

  // The places of the rows that are meant; each one's id is the row's. Error also: invalid (`q`;
  // `sort`: relevance without words).
  [[nodiscard]] Result<std::vector<SortPlace>> find(const ListQuery& query);
  [[nodiscard]] Result<std::int64_t> count(const ListQuery& query);

 private:
  // Which of some places a filter leaves; nothing that depends on anything else.
  using Filter = std::function<Result<std::vector<bool>>(const std::vector<SortPlace>&)>;

  // All rows that are meant, when they had to be worked out as a whole: by words, or the few that
  // are not active. Nothing when the query is answered by walking along a sorted set.
  [[nodiscard]] Result<const Hits*> hits_of(const ListQuery& query);
  [[nodiscard]] Result<Hits> search(const ListQuery& query);
  [[nodiscard]] Result<std::vector<SortPlace>> ranked(const ListQuery& query, const Hits& hits);
  [[nodiscard]] Result<std::vector<SortPlace>> sorted(const ListQuery& query, const Hits& hits);
  [[nodiscard]] Result<std::vector<SortPlace>> walk(const ListQuery& query, const Filter& filter);
  [[nodiscard]] Result<std::vector<SortPlace>> page(const ListQuery& query,
                                                    const std::optional<SortPlace>& after,
                                                    std::size_t offset, std::size_t limit);
  [[nodiscard]] Filter filter_of(const ListQuery& query);
  [[nodiscard]] Result<std::vector<bool>> by_activity(const ListQuery& query,
                                                      const std::vector<SortPlace>& places);
  [[nodiscard]] Result<std::vector<bool>> by_status(const ListQuery& query,
                                                    const std::vector<SortPlace>& places);
  [[nodiscard]] std::string key_of(const ListQuery& query) const;
  [[nodiscard]] Result<std::int64_t> size_of(const char* command, const std::string& key);
  [[nodiscard]] std::string inactive_key(Kind kind) const { return keys_.of(key_name('x', kind)); }
  [[nodiscard]] Result<bool> rarely_inactive(Kind kind);
  // Adds those of `some` that the filter leaves, but for the first `skip`.
  [[nodiscard]] static Status keep(const Filter& filter, std::vector<SortPlace> some,
                                   std::size_t& skip, std::vector<SortPlace>& found);
  [[nodiscard]] Result<std::vector<SortPlace>> places_of(const ListQuery& query, const Hits& hits);

  Connection& connection_;
  const Keys& keys_;
  // The last search, as long as nothing was committed: a numbered page asks for its rows and for
  // their number.
  std::string last_query_, last_revision_;
  Hits last_hits_;
};

}  // namespace cqrs::redis
