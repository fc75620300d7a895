#include "core/adapters/mongo/row_lookup.h"

#include "core/adapters/mongo/view_document.h"

#include <algorithm>
#include <unordered_map>

namespace cqrs::mongo {
namespace {

// Ids in one question; an answer is sent in as few parts as the server likes.
constexpr std::size_t kChunk = 1'000;

using Found = std::unordered_map<StreamKey, ViewRow>;

Status find_chunk(Connection& connection, const Names& names, Kind kind, std::span<const Uuid> ids,
                  Found& found) {
  Doc list;
  for (const auto& id : ids) list.next(id);
  Doc in;
  in.array("$in", list);
  Doc options;
  options.doc("projection", row_fields());
  options.number("batchSize", static_cast<std::int64_t>(ids.size()) + 1);
  return connection.find(names.view(kind), one("_id", in), options, [&](Fields& fields) -> Status {
    auto row = to_row(kind, fields);
    if (!row) return row.error();
    found.emplace(row->key, std::move(*row));
    return {};
  });
}

}  // namespace

Result<std::vector<std::optional<ViewRow>>> find_rows(Connection& connection, const Names& names,
                                                      std::span<const StreamKey> keys) {
  Found found;
  for (const Kind kind : kAllKinds) {
    std::vector<Uuid> ids;
    for (const auto& key : keys) {
      if (key.kind == kind) ids.push_back(key.id);
    }
    for (std::size_t from = 0; from < ids.size(); from += kChunk) {
      const auto chunk =
          std::span<const Uuid>(ids).subspan(from, std::min(kChunk, ids.size() - from));
      CQRS_TRY(find_chunk(connection, names, kind, chunk, found));
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

}  // namespace cqrs::mongo
