#include "core/read/pages.h"

#include "core/base/json.h"

#include <algorithm>
#include <charconv>

namespace cqrs {
namespace {

constexpr const char* kNoCursor = "cursor must be the nextCursor of an earlier page";

// "g3-"
std::string generation_mark(int generation) { return "g" + std::to_string(generation) + "-"; }

// What follows the mark of this generation.
Result<std::string_view> behind_mark(std::string_view text, int generation) {
  const std::string mark = generation_mark(generation);
  if (text.empty() || text.front() != 'g') return invalid("cursor", kNoCursor);
  if (!text.starts_with(mark)) {
    return invalid("cursor",
                   "cursor is of another generation of the views: start again from the first page");
  }
  return text.substr(mark.size());
}

bool text_key(SortKey sort) { return sort == SortKey::kName || sort == SortKey::kEmail; }

// "name.asc"
std::string order_mark(const ListQuery& query) {
  return std::string(sort_name(query.sort)) + (query.descending ? ".desc" : ".asc");
}

std::string hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 0x0FU];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

// "g3-name.asc-<hex of the key>-<uuid>", or with a number for the key.
std::string sorted_cursor(const ListQuery& query, const SortPlace& place, int generation) {
  const std::string key = text_key(query.sort) ? hex(place.text) : std::to_string(place.number);
  return generation_mark(generation) + order_mark(query) + "-" + key + "-" + to_string(place.id);
}

Result<SortPlace> parse_sorted_cursor(std::string_view text, const ListQuery& query,
                                      int generation) {
  auto rest = behind_mark(text, generation);
  if (!rest) return rest.error();
  const std::string order = order_mark(query) + "-";
  if (!rest->starts_with(order)) {
    return invalid("cursor", "cursor is not of the order " + order_mark(query) +
                                 ": keep sort and order as they were, or start again from the "
                                 "first page");
  }
  rest->remove_prefix(order.size());
  const auto dash = rest->find('-');
  if (dash == std::string_view::npos) return invalid("cursor", kNoCursor);
  const std::string_view key = rest->substr(0, dash);
  SortPlace place;
  const auto id = parse_uuid(rest->substr(dash + 1));
  bool good = id.has_value();
  if (text_key(query.sort)) {
    auto bytes = from_hex(key);
    good = good && bytes;
    if (bytes) place.text = std::move(*bytes);
  } else {
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), place.number);
    good = good && error == std::errc() && end == key.data() + key.size();
  }
  if (!good) return invalid("cursor", kNoCursor);
  place.id = *id;
  return place;
}

std::string items_of(const std::vector<ViewRow>& rows) {
  std::size_t size = 256;
  for (const auto& row : rows) size += row.body.size() + 1;
  std::string out;
  out.reserve(size);
  out += "{\"items\":[";
  for (const auto& row : rows) {
    if (&row != rows.data()) out += ',';
    out += row.body;
  }
  out += ']';
  return out;
}

void append_cursor(std::string& out, const std::string& cursor) {
  out += ",\"nextCursor\":";
  if (cursor.empty()) {
    out += "null";
  } else {
    append_json_string(out, cursor);
  }
  out += '}';
}

Result<bool> any_parked(ReadStore& store, const std::vector<ViewRow>& rows) {
  std::vector<StreamKey> keys;
  keys.reserve(rows.size());
  for (const auto& row : rows) keys.push_back(row.key);
  auto parked = store.parked(keys);
  if (!parked) return parked.error();
  return std::find(parked->begin(), parked->end(), true) != parked->end();
}

Result<std::string> numbered_body(ReadStore& store, const ListRequest& request,
                                  const std::vector<ViewRow>& rows) {
  auto total = store.count(request.query);
  if (!total) return total.error();
  const auto size = static_cast<std::int64_t>(request.size);
  const auto page = static_cast<std::int64_t>(request.page);
  std::string out = items_of(rows);
  out += ",\"totalCount\":" + std::to_string(*total);
  out += ",\"totalPages\":" + std::to_string((*total + size - 1) / size);
  out += ",\"page\":" + std::to_string(page) + ",\"size\":" + std::to_string(size);
  out += (page + 1) * size < *total ? ",\"hasMore\":true}" : ",\"hasMore\":false}";
  return out;
}

}  // namespace

std::string_view sort_name(SortKey sort) {
  switch (sort) {
    case SortKey::kCreatedAt:
      return "createdAt";
    case SortKey::kName:
      return "name";
    case SortKey::kEmail:
      return "email";
    case SortKey::kPrice:
      return "price";
    case SortKey::kRelevance:
      return "relevance";
  }
  return "createdAt";
}

Result<Uuid> parse_page_cursor(std::string_view text, int generation) {
  auto rest = behind_mark(text, generation);
  if (!rest) return rest.error();
  const auto id = parse_uuid(*rest);
  if (id) return *id;
  if (rest->find('.') == std::string_view::npos) return invalid("cursor", kNoCursor);
  return invalid("cursor",
                 "cursor is of a sorted list: keep sort and order as they were, or start again "
                 "from the first page");
}

Result<RenderedList> list_body(ReadStore& store, Kind kind, const PageRequest& page,
                               int generation) {
  // One row more than asked for tells whether there is a next page.
  auto rows = store.list(kind, page.after, page.limit + 1);
  if (!rows) return rows.error();
  const bool more = rows->size() > page.limit;
  if (more) rows->pop_back();
  auto parked = any_parked(store, *rows);
  if (!parked) return parked.error();
  RenderedList list{items_of(*rows), *parked};
  append_cursor(list.body,
                more ? generation_mark(generation) + to_string(rows->back().key.id) : "");
  return list;
}

Result<RenderedList> render_list(ReadStore& store, const ListRequest& request, int generation) {
  ListQuery query = request.query;
  query.limit = request.size;
  if (request.numbered) {
    query.offset = request.page * request.size;
  } else {
    ++query.limit;  // whether there is a next page
  }
  if (!request.cursor.empty()) {
    auto after = parse_sorted_cursor(request.cursor, query, generation);
    if (!after) return after.error();
    query.after = std::move(*after);
  }
  auto listed = store.find(query);
  if (!listed) return listed.error();
  const bool more = !request.numbered && listed->rows.size() > request.size;
  if (more) listed->rows.pop_back();
  RenderedList rendered;
  auto parked = any_parked(store, listed->rows);
  if (!parked) return parked.error();
  rendered.parked = *parked;
  if (request.numbered) {
    auto body = numbered_body(store, request, listed->rows);
    if (!body) return body.error();
    rendered.body = std::move(*body);
    return rendered;
  }
  rendered.body = items_of(listed->rows);
  append_cursor(rendered.body,
                more ? sorted_cursor(query, listed->places[request.size - 1], generation) : "");
  return rendered;
}

}  // namespace cqrs
