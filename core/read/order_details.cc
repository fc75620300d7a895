#include "core/read/order_details.h"

#include "core/base/json_tree.h"

namespace cqrs {
namespace {

void append_or_null(std::string& out, const std::optional<ViewRow>& row) {
  if (row && !row->deleted) {
    out += row->body;
  } else {
    out += "null";
  }
}

// Where the ids stand in an order's own body; it was written by us, so its shape is known.
Result<std::vector<StreamKey>> keys_of(const Json& order) {
  std::vector<StreamKey> keys;
  const auto user = parse_uuid(order.value("userId", std::string()));
  if (!user) return make_error(ErrorCode::kCorrupt, "an order's row has no userId");
  keys.push_back({Kind::kUser, *user});
  for (const auto& item : order.value("items", Json::array())) {
    const auto product = parse_uuid(item.value("productId", std::string()));
    if (!product) return make_error(ErrorCode::kCorrupt, "an order's row has a bad productId");
    keys.push_back({Kind::kProduct, *product});
  }
  return keys;
}

// Splices each product into its item: every item object ends with '}' and holds no nested braces.
std::string join(const std::string& order, const std::vector<std::optional<ViewRow>>& rows) {
  std::string out;
  const auto items = order.find("\"items\":[") + 9;
  const auto end = order.find(']', items);
  out.append(order, 0, items);
  std::size_t done = items;
  for (std::size_t product = 1; product < rows.size(); ++product) {
    const auto close = order.find('}', done);
    out.append(order, done, close - done);
    out += ",\"product\":";
    append_or_null(out, rows[product]);
    out += '}';
    done = close + 1;
  }
  out.append(order, done, end + 1 - done);
  out += ",\"user\":";
  append_or_null(out, rows.front());
  out.append(order, end + 1);
  return out;
}

}  // namespace

Result<std::optional<OrderDetails>> order_details(ReadStore& store, const Uuid& id) {
  const StreamKey key{Kind::kOrder, id};
  auto found = store.get({&key, 1});
  if (!found) return found.error();
  auto& order = found->front();
  if (!order || order->deleted) return std::optional<OrderDetails>();
  const Json tree = Json::parse(order->body, nullptr, false);
  if (tree.is_discarded()) return make_error(ErrorCode::kCorrupt, "an order's row is not JSON");
  auto keys = keys_of(tree);
  if (!keys) return keys.error();
  auto rows = store.get(*keys);
  if (!rows) return rows.error();
  std::string body = join(order->body, *rows);
  return std::optional<OrderDetails>({std::move(*order), std::move(body)});
}

}  // namespace cqrs
