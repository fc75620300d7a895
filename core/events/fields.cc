#include "core/events/fields.h"

namespace cqrs::fields {
namespace {

void patch_text(JsonObject& object, std::string_view key, const Patch<std::string>& patch) {
  if (patch.present) object.optional_text(key, patch.value);
}

// The address is JSON text already; it is stored as text so that its digest cannot depend on how a
// store re-orders keys or prints numbers.
void append_personal(std::string& out, const PersonalFields& personal) {
  JsonObject object(out);
  object.text("email", personal.email).text("name", personal.name);
  object.optional_text("nickname", personal.nickname).optional_text("phone", personal.phone);
  object.optional_text("address", personal.address).optional_text("avatar", personal.avatar);
  object.close();
}

}  // namespace

void append(std::string& out, const UserState& user) {
  JsonObject object(out);
  object.name("personal");
  append_personal(out, user.personal);
  object.text("role", role_name(user.role)).boolean("isActive", user.active);
  object.close();
}

void append(std::string& out, const UpdateUser& changes) {
  JsonObject object(out);
  object.name("personal");
  JsonObject personal(out);
  patch_text(personal, "email", changes.email);
  patch_text(personal, "name", changes.name);
  patch_text(personal, "nickname", changes.nickname);
  patch_text(personal, "phone", changes.phone);
  patch_text(personal, "address", changes.address);
  patch_text(personal, "avatar", changes.avatar);
  personal.close();
  object.close();
}

void append(std::string& out, const ProductState& product) {
  JsonObject object(out);
  object.text("name", product.name).text("description", product.description);
  object.number("priceMinor", product.price.minor).boolean("isActive", product.active);
  object.close();
}

void append(std::string& out, const UpdateProduct& changes) {
  JsonObject object(out);
  patch_text(object, "name", changes.name);
  patch_text(object, "description", changes.description);
  object.close();
}

void append(std::string& out, const OrderState& order) {
  JsonObject object(out);
  object.id("userId", order.user);
  object.name("items");
  out += '[';
  for (const auto& line : order.lines) {
    if (out.back() != '[') out += ',';
    JsonObject item(out);
    item.id("productId", line.product).number("quantity", line.quantity);
    item.number("unitPriceMinor", line.unit_price.minor);
    item.close();
  }
  out += ']';
  object.number("totalMinor", order.total.minor).text("status", status_name(order.status));
  if (order.stated_price) object.number("statedPriceMinor", order.stated_price->minor);
  if (order.cancel_reason) object.text("cancelReason", *order.cancel_reason);
  object.close();
}

UserState read_user(ObjectReader& reader) {
  UserState user;
  const JsonValue* personal = reader.object("personal");
  ObjectReader fields(personal == nullptr ? empty_json_object() : *personal, "personal");
  user.personal.email = fields.text("email");
  user.personal.name = fields.text("name");
  user.personal.nickname = fields.optional_text("nickname");
  user.personal.phone = fields.optional_text("phone");
  user.personal.address = fields.optional_text("address");
  user.personal.avatar = fields.optional_text("avatar");
  if (auto status = fields.finish_lenient(); !status) reader.fail(status.error());
  const auto role = parse_role(reader.text("role"));
  if (!role) reader.fail("role", "is unknown");
  user.role = role.value_or(Role::kUser);
  user.active = reader.boolean("isActive");
  return user;
}

UpdateUser read_user_update(ObjectReader& reader) {
  UpdateUser changes;
  const JsonValue* personal = reader.object("personal");
  if (personal == nullptr) reader.fail("personal", "is missing");
  ObjectReader fields(personal == nullptr ? empty_json_object() : *personal, "personal");
  changes.email = fields.patch_text("email");
  changes.name = fields.patch_text("name");
  changes.nickname = fields.patch_text("nickname");
  changes.phone = fields.patch_text("phone");
  changes.address = fields.patch_text("address");
  changes.avatar = fields.patch_text("avatar");
  for (const auto* required : {&changes.email, &changes.name}) {
    if (required->present && !required->value) reader.fail("personal", "clears a required field");
  }
  if (auto status = fields.finish_lenient(); !status) reader.fail(status.error());
  return changes;
}

ProductState read_product(ObjectReader& reader) {
  ProductState product;
  product.name = reader.text("name");
  product.description = reader.text("description");
  product.price = Money{reader.integer("priceMinor")};
  product.active = reader.boolean("isActive");
  return product;
}

UpdateProduct read_product_update(ObjectReader& reader) {
  UpdateProduct changes;
  changes.name = reader.patch_text("name");
  changes.description = reader.patch_text("description");
  return changes;
}

OrderState read_order(ObjectReader& reader) {
  OrderState order;
  order.user = reader.id("userId");
  if (const JsonValue* items = reader.array("items")) {
    order.lines.reserve(items->size);
    for (const auto& item : *items) {
      ObjectReader line(item, "items", order.lines.size());
      const Uuid product = line.id("productId");
      const auto quantity = line.integer("quantity");
      order.lines.push_back({product, quantity, Money{line.integer("unitPriceMinor")}});
      if (auto status = line.finish_lenient(); !status) reader.fail(status.error());
    }
  } else {
    reader.fail("items", "is missing");
  }
  order.total = Money{reader.integer("totalMinor")};
  const auto status = parse_status(reader.text("status"));
  if (!status) reader.fail("status", "is unknown");
  order.status = status.value_or(OrderStatus::kPending);
  if (const auto stated = reader.optional_integer("statedPriceMinor")) {
    order.stated_price = Money{*stated};
  }
  order.cancel_reason = reader.optional_text("cancelReason");
  return order;
}

}  // namespace cqrs::fields
