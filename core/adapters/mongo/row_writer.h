// Writes rows so that an older one never takes the place of a newer one. Internal to this adapter.
#pragma once

#include "core/adapters/mongo/schema.h"
#include "core/read/view_row.h"

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace cqrs::mongo {

struct RowWrite {
  Doc filter;
  Doc change;
  bool replaces = false;  // the whole document; else `change` is an update
};

// A document keeps the greater of its own row and the one that is written ($max), which is the
// newer one. The filter is the id alone: that is the fastest way to a document everywhere, and an
// upsert of it that is late is no error. Rows follow from their events, so equal versions are equal
// rows and none of them is greater.
//
// Two cases are not decided by the greater row. Equal versions that differ nevertheless (one was
// damaged): the one that is written wins. And what a load has shown may also be replaced by an
// older version: only a repair does that, which has looked at what it takes out.
class RowWriter {
 public:
  RowWriter(Connection& connection, const Names& names) : connection_(connection), names_(names) {}

  // `before`: what a load has shown in the place of each row; empty when nobody has looked. Gives
  // how many rows were left out because the store has newer ones. Errors: unavailable (any of them
  // may be written), corrupt.
  [[nodiscard]] Result<std::int64_t> write(std::span<const ViewRow> rows,
                                           std::span<const std::optional<ViewRow>> before);
  [[nodiscard]] Status remove(std::span<const StreamKey> keys);

 private:
  using Rows = std::span<const ViewRow* const>;
  using Versions = std::unordered_map<StreamKey, std::int64_t>;
  [[nodiscard]] Result<std::int64_t> write_batch(Kind kind, Rows rows, const Versions& loaded);
  [[nodiscard]] Result<Written> send(Kind kind, std::span<const RowWrite> writes);
  [[nodiscard]] Status keep_greater(Kind kind, Rows rows);
  // For when not every document was changed: looks at each of them.
  [[nodiscard]] Result<std::int64_t> look_again(Kind kind, Rows rows);
  // Gives how many have become newer meanwhile.
  [[nodiscard]] Result<std::int64_t> replace_equal(Kind kind, Rows rows);
  [[nodiscard]] Status remove_batch(Kind kind, std::span<const Uuid> ids);

  Connection& connection_;
  const Names& names_;
};

}  // namespace cqrs::mongo
