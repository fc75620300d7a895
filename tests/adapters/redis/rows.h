// Rows of the seeded workload, as many as a test likes.
#pragma once

#include "core/project/view_body.h"
#include "core/workload/generator.h"

#include "tests/contract/view_rows.h"

#include <vector>

namespace cqrs::support {

inline ViewRow workload_row(const Generator& generator, Kind kind, std::uint64_t index) {
  ViewRow row;
  row.key = {kind, generator.id(kind, index)};
  row.version = 1;
  row.position = static_cast<Position>(index) + 1;
  row.created_at = {kNow.micros + static_cast<std::int64_t>(index / 7)};  // some are equal
  row.updated_at = row.created_at;
  render_view(row, generator.state(kind, index));
  return row;
}

// `count` rows from number `from` on: users, products and orders in turns.
inline std::vector<ViewRow> workload_rows(const Generator& generator, std::uint64_t from,
                                          std::uint64_t count) {
  std::vector<ViewRow> rows;
  rows.reserve(count);
  for (std::uint64_t number = from; number < from + count; ++number) {
    rows.push_back(workload_row(generator, kAllKinds[number % kAllKinds.size()], number / 3));
  }
  return rows;
}

}  // namespace cqrs::support
