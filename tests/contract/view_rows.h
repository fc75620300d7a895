// Rows and changes for the suites of the read side.
#pragma once

#include "core/project/projection_store.h"
#include "core/project/view_body.h"

#include "tests/support/builders.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::support {

inline ViewRow a_row(const StreamKey& key, std::int64_t version = 1) {
  ViewRow row;
  row.key = key;
  row.version = version;
  row.position = version * 10;
  row.created_at = kNow;
  row.updated_at = {kNow.micros + version};
  switch (key.kind) {
    case Kind::kUser:
      render_view(row, a_full_user(1));
      break;
    case Kind::kProduct:
      render_view(row, a_product(1));
      break;
    case Kind::kOrder:
      render_view(row, an_order());
      break;
  }
  return row;
}

inline ViewRow a_deleted_row(const StreamKey& key) {
  ViewRow row = a_row(key, 2);
  row.deleted = true;
  row.body.clear();
  row.digest = digest_of(key, 2, nullptr);
  return row;
}

inline Checkpoint a_checkpoint(Position applied) {
  return {{"cursor " + std::to_string(applied)},
          applied,
          make_uuid_v7(9, 9, static_cast<std::uint64_t>(applied)),
          make_uuid_v7(1, 1, 1)};
}

inline ViewChanges changes_of(std::vector<ViewRow> rows, Position applied) {
  return {std::move(rows), {}, a_checkpoint(applied)};
}

}  // namespace cqrs::support
