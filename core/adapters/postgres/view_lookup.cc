#include "core/adapters/postgres/view_lookup.h"

#include <unordered_map>

namespace cqrs::postgres {

std::string id_list(std::span<const Uuid> ids) {
  std::string list = "{";
  for (const auto& id : ids) {
    if (list.size() > 1) list += ',';
    append_uuid(list, id);
  }
  return list + "}";
}

std::vector<std::optional<ViewRow>> find_rows(pqxx::nontransaction& session,
                                              std::span<const StreamKey> keys) {
  std::unordered_map<StreamKey, ViewRow> found;
  for (const Kind kind : kAllKinds) {
    std::vector<Uuid> ids;
    for (const auto& key : keys) {
      if (key.kind == kind) ids.push_back(key.id);
    }
    if (ids.empty()) continue;
    const std::string sql = std::string("SELECT ") + kViewColumns + " FROM " + view_table(kind) +
                            " WHERE id = ANY($1::uuid[])";
    for (const auto& row : session.exec_params(sql, id_list(ids))) {
      ViewRow view = read_view_row(kind, row);
      found.emplace(view.key, std::move(view));
    }
  }
  std::vector<std::optional<ViewRow>> rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) {
    const auto at = found.find(key);
    rows.push_back(at == found.end() ? std::nullopt : std::optional<ViewRow>(at->second));
  }
  return rows;
}

}  // namespace cqrs::postgres
