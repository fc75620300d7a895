#include "core/project/view_body.h"

namespace cqrs {

void append_view_fields(JsonObject& body, std::string& out, const OrderState& order) {
  body.id("userId", order.user);
  body.name("items");
  out += '[';
  for (const auto& line : order.lines) {
    if (out.back() != '[') out += ',';
    JsonObject item(out);
    item.id("productId", line.product).number("quantity", line.quantity);
    item.raw("unitPrice", to_string(line.unit_price));
    item.close();
  }
  out += ']';
  body.raw("totalAmount", to_string(order.total)).text("status", status_name(order.status));
  if (order.stated_price) body.raw("price", to_string(*order.stated_price));
  body.optional_text("cancelReason", order.cancel_reason);
}

OrderState read_order_view(ObjectReader& reader) {
  OrderState order;
  order.user = reader.id("userId");
  if (const JsonValue* items = reader.array("items")) {
    order.lines.reserve(items->size);
    for (const auto& item : *items) {
      ObjectReader line(item, "items", order.lines.size());
      const Uuid product = line.id("productId");
      const auto quantity = line.integer("quantity");
      order.lines.push_back({product, quantity, line.money("unitPrice")});
      if (auto status = line.finish_lenient(); !status) reader.fail(status.error());
    }
  } else {
    reader.fail("items", "is missing");
  }
  order.total = reader.money("totalAmount", kMaxTotal);
  const auto status = parse_status(reader.text("status"));
  if (!status) reader.fail("status", "is unknown");
  order.status = status.value_or(OrderStatus::kPending);
  order.stated_price = reader.optional_money("price", kMaxTotal);
  order.cancel_reason = reader.optional_text("cancelReason");
  return order;
}

}  // namespace cqrs
