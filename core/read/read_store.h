// The query side of the views.
#pragma once

#include "core/base/result.h"
#include "core/read/list_query.h"
#include "core/read/view_row.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cqrs {

struct Counts {
  std::int64_t users = 0;
  std::int64_t products = 0;
  std::int64_t orders = 0;
  [[nodiscard]] std::int64_t total() const { return users + products + orders; }
};

// Used by one thread at a time; open one per thread. Every method: unavailable when the store
// cannot be reached, corrupt when a row cannot be read.
class ReadStore {
 public:
  virtual ~ReadStore() = default;
  // One entry per key, in order; deleted rows come back marked.
  [[nodiscard]] virtual Result<std::vector<std::optional<ViewRow>>> get(
      std::span<const StreamKey> keys) = 0;
  // At most `limit` rows that are not deleted, by id ascending, after `after` (nil: from the
  // start).
  [[nodiscard]] virtual Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after,
                                                          std::size_t limit) = 0;
  // As the query says. Errors also: invalid (`q`: no letter or digit in its words).
  [[nodiscard]] virtual Result<Listed> find(const ListQuery& query) = 0;
  // How many rows find() would give without limit, offset and place.
  [[nodiscard]] virtual Result<std::int64_t> count(const ListQuery& query) = 0;
  // For each key whether events of that entity are parked: what is shown of it is out of date.
  // Cheap while nothing is parked.
  [[nodiscard]] virtual Result<std::vector<bool>> parked(std::span<const StreamKey> keys) = 0;
  // At most `limit` entities of which the index for searches, lists and counts tells something else
  // than their rows do: whatever is missing, left over or different. Reads the whole kind in one
  // snapshot, which takes seconds for a million rows.
  [[nodiscard]] virtual Result<std::vector<Uuid>> index_differences(Kind kind,
                                                                    std::size_t limit) = 0;
  // The position up to which every event is in the views.
  [[nodiscard]] virtual Result<Position> applied() = 0;
  // Rows that are not deleted.
  [[nodiscard]] virtual Result<Counts> counts() = 0;
};

}  // namespace cqrs
