#include "core/adapters/sqlite/view_table.h"

#include "core/adapters/sqlite/schema.h"

namespace cqrs::sqlite {

ViewRow read_view_row(Kind kind, const Statement& row) {
  ViewRow view;
  view.key = {kind, row.id(0)};
  view.version = row.integer(1);
  view.deleted = row.integer(2) != 0;
  view.digest = row.digest(3);
  view.position = row.integer(5);
  view.created_at.micros = row.integer(6);
  view.updated_at.micros = row.integer(7);
  view.body = row.text(8);
  return view;
}

ViewLookup::ViewLookup(Database& database) {
  for (const Kind kind : kAllKinds) {
    by_id_[kind_index(kind)] =
        Statement(database, std::string("SELECT ") + kViewColumns + " FROM " + view_table(kind) +
                                " WHERE id = ?");
  }
}

Result<std::vector<std::optional<ViewRow>>> ViewLookup::find(std::span<const StreamKey> keys) {
  std::vector<std::optional<ViewRow>> rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) {
    auto row = find_one(key);
    if (!row) return row.error();
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::optional<ViewRow>> ViewLookup::find_one(const StreamKey& key) {
  Statement& select = by_id_[kind_index(key.kind)];
  auto row = select.bind(1, key.id).step();
  if (!row) return row.error();
  std::optional<ViewRow> view;
  if (*row) view = read_view_row(key.kind, select);
  select.reset();
  return view;
}

}  // namespace cqrs::sqlite
