#include "core/read/pages.h"

#include "core/base/json.h"

namespace cqrs {

Result<Uuid> parse_page_cursor(std::string_view text, int generation) {
  const std::string prefix = "g" + std::to_string(generation) + "-";
  if (text.empty() || text.front() != 'g') {
    return invalid("cursor", "cursor must be the nextCursor of an earlier page");
  }
  if (text.substr(0, prefix.size()) != prefix) {
    return invalid("cursor",
                   "cursor is of another generation of the views: start again from the first page");
  }
  const auto id = parse_uuid(text.substr(prefix.size()));
  if (!id) return invalid("cursor", "cursor must be the nextCursor of an earlier page");
  return *id;
}

Result<std::string> list_body(ReadStore& store, Kind kind, const PageRequest& page,
                              int generation) {
  // One row more than asked for tells whether there is a next page.
  auto rows = store.list(kind, page.after, page.limit + 1);
  if (!rows) return rows.error();
  const bool more = rows->size() > page.limit;
  if (more) rows->pop_back();
  std::string out = "{\"items\":[";
  for (const auto& row : *rows) {
    if (out.back() != '[') out += ',';
    out += row.body;
  }
  out += "],\"nextCursor\":";
  if (more) {
    append_json_string(out,
                       "g" + std::to_string(generation) + "-" + to_string(rows->back().key.id));
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace cqrs
