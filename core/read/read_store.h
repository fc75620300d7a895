// The query side of the views.
#pragma once

#include "core/base/result.h"
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
  // The position up to which every event is in the views.
  [[nodiscard]] virtual Result<Position> applied() = 0;
  // Rows that are not deleted.
  [[nodiscard]] virtual Result<Counts> counts() = 0;
};

}  // namespace cqrs
