#include "core/read/indexed_fields.h"

#include "core/read/body_scan.h"

#include <algorithm>

namespace cqrs {
namespace {

Error bad(Kind kind, std::string_view field) {
  return make_error(ErrorCode::kCorrupt,
                    "view row of a " + std::string(kind_name(kind)) + ": " + std::string(field) +
                        " cannot be read: rebuild the views with cqrsctl up --rebuild-views",
                    std::string(field));
}

// A string, or null for a field that is not set.
bool read_text(const BodyScan& scan, std::string& out) {
  if (scan.raw() == "null") return true;
  auto text = scan.text();
  if (!text) return false;
  out = std::move(*text);
  return true;
}

bool read_field(const BodyScan& scan, IndexedFields& fields) {
  const auto key = scan.key();
  if (key == "name") return read_text(scan, fields.name);
  if (key == "email") return read_text(scan, fields.email);
  if (key == "nickname") return read_text(scan, fields.nickname);
  if (key == "description") return read_text(scan, fields.description);
  if (key == "status") return read_text(scan, fields.status);
  if (key == "isActive") {
    fields.active = scan.raw() == "true";
    return fields.active || scan.raw() == "false";
  }
  if (key == "userId") {
    const auto id = scan.raw().size() == 38 ? parse_uuid(scan.raw().substr(1, 36)) : std::nullopt;
    fields.user = id.value_or(Uuid{});
    return id.has_value();
  }
  return true;
}

}  // namespace

Result<IndexedFields> indexed_fields(Kind kind, std::string_view body) {
  IndexedFields fields;
  BodyScan scan(body);
  while (scan.next()) {
    if (!read_field(scan, fields)) return bad(kind, scan.key());
    // An order's price is what its client stated; nobody sorts by it.
    if (kind == Kind::kProduct && scan.key() == "price") {
      auto price = parse_money(scan.raw(), "price");
      if (!price) return bad(kind, "price");
      fields.price = *price;
    }
  }
  if (scan.broken()) return bad(kind, "its body");
  return fields;
}

std::array<std::string_view, 3> searched_texts(Kind kind, const IndexedFields& fields) {
  switch (kind) {
    case Kind::kUser:
      return {fields.name, fields.email, fields.nickname};
    case Kind::kProduct:
      return {fields.name, fields.description, {}};
    case Kind::kOrder:
      break;
  }
  return {};
}

std::string sort_key(std::string_view name) {
  std::string key(name);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return key;
}

}  // namespace cqrs
