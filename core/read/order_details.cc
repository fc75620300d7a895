#include "core/read/order_details.h"

#include "core/read/body_scan.h"

#include <utility>

namespace cqrs {
namespace {

using Rows = std::span<const std::optional<ViewRow>>;

void append_or_null(std::string& out, const std::optional<ViewRow>& row) {
  if (row && !row->deleted) {
    out += row->body;
  } else {
    out += "null";
  }
}

Error corrupt(const char* what) {
  return make_error(ErrorCode::kCorrupt, std::string("an order's row has ") + what +
                                             ": rebuild the views with cqrsctl up --rebuild-views");
}

std::optional<Uuid> quoted_id(std::string_view raw) {
  return raw.size() == 38 ? parse_uuid(raw.substr(1, 36)) : std::nullopt;
}

// What an order's own body refers to, and the text of its items.
struct References {
  std::vector<StreamKey> keys;
  std::string_view items;
};

Status read_item(std::string_view item, std::vector<StreamKey>& keys) {
  BodyScan scan(item);
  while (scan.next()) {
    if (scan.key() != "productId") continue;
    const auto product = quoted_id(scan.raw());
    if (!product) break;
    keys.push_back({Kind::kProduct, *product});
    return {};
  }
  return corrupt("a bad productId");
}

Result<References> references_of(std::string_view order) {
  References found;
  std::optional<Uuid> user;
  BodyScan scan(order);
  // Both stand near the beginning.
  while ((!user || found.items.empty()) && scan.next()) {
    if (scan.key() == "userId") user = quoted_id(scan.raw());
    if (scan.key() == "items") found.items = scan.raw();
  }
  if (!user) return corrupt("no userId");
  if (found.items.empty()) return corrupt("no items");
  found.keys.push_back({Kind::kUser, *user});
  ArrayScan items(found.items);
  while (items.next()) CQRS_TRY(read_item(items.raw(), found.keys));
  if (items.broken()) return corrupt("bad items");
  return found;
}

// Puts each product behind the last field of its item, and the user behind the items.
std::string join(const std::string& order, std::string_view items, Rows rows) {
  std::string out;
  std::size_t size = order.size() + 64;
  for (const auto& row : rows) size += 12 + (row ? row->body.size() : 4);
  out.reserve(size);
  const auto from = static_cast<std::size_t>(items.data() - order.data());
  out.append(order, 0, from + 1);
  ArrayScan scan(items);
  for (std::size_t product = 1; scan.next(); ++product) {
    if (product > 1) out += ',';
    out += scan.raw().substr(0, scan.raw().size() - 1);
    out += ",\"product\":";
    append_or_null(out, rows[product]);
    out += '}';
  }
  out += "],\"user\":";
  append_or_null(out, rows.front());
  out.append(order, from + items.size());
  return out;
}

}  // namespace

Result<std::vector<std::optional<OrderDetails>>> order_details(
    ReadStore& store, std::vector<std::optional<ViewRow>> orders) {
  std::vector<References> references(orders.size());
  std::vector<StreamKey> keys;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!orders[i] || orders[i]->deleted) continue;
    auto found = references_of(orders[i]->body);
    if (!found) return found.error();
    keys.insert(keys.end(), found->keys.begin(), found->keys.end());
    references[i] = std::move(*found);
  }
  auto rows = store.get(keys);
  if (!rows) return rows.error();
  std::vector<std::optional<OrderDetails>> details(orders.size());
  std::size_t first = 0;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const std::size_t count = references[i].keys.size();
    if (count == 0) continue;
    OrderDetails& joined = details[i].emplace();
    joined.body = join(orders[i]->body, references[i].items, Rows(*rows).subspan(first, count));
    joined.joined = std::move(references[i].keys);
    joined.order = std::move(*orders[i]);
    first += count;
  }
  return details;
}

}  // namespace cqrs
