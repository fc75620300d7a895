#include "services/command/bodies.h"

#include "core/base/object_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cqrs {
namespace {

Result<ParsedBody> close(ObjectReader& reader, CommandBody command,
                         std::optional<Uuid> id = std::nullopt) {
  CQRS_TRY(reader.finish());
  return ParsedBody{std::move(command), id};
}

// Readers in other languages would change a number that is no 64-bit integer.
bool has_large_numbers(const JsonValue& value) {
  if (value.is(JsonType::kDecimal)) return true;
  if (value.is(JsonType::kInteger)) {
    std::int64_t number = 0;
    const char* const end = value.text.data() + value.text.size();
    return std::from_chars(value.text.data(), end, number).ec != std::errc();
  }
  return std::any_of(value.begin(), value.end(), has_large_numbers);
}

// An address is kept as canonical JSON text: sorted keys, no blanks.
Patch<std::string> read_address(ObjectReader& reader) {
  if (!reader.has("address")) return {};
  const JsonValue* address = reader.object("address");
  if (address == nullptr) return {true, std::nullopt};
  if (has_large_numbers(*address)) {
    reader.fail("address", "may hold whole numbers of 64 bits only: send other numbers as text");
    return {};
  }
  std::string text;
  append_canonical_json(text, *address);
  return {true, std::move(text)};
}

// Commands that say everything by their name and id: the body is empty or {}.
template <class AnyCommand, class TypedCommand>
Result<ParsedBody> bare(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  return close(reader, AnyCommand(TypedCommand{}));
}

Result<ParsedBody> create_user(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  CreateUser command;
  const auto id = reader.optional_id("id");
  command.personal.email = reader.text("email");
  command.personal.name = reader.text("name");
  command.personal.nickname = reader.optional_text("nickname");
  command.personal.phone = reader.optional_text("phone");
  command.personal.address = read_address(reader).value;
  command.personal.avatar = reader.optional_text("avatar");
  auto password = reader.optional_text("password");
  auto password_hash = reader.optional_text("passwordHash");
  if (password && password_hash) {
    reader.fail("passwordHash", "cannot stand beside password: send one of them");
  }
  auto parsed = close(reader, UserCommand(std::move(command)), id);
  if (parsed) parsed->password_hash = std::move(password_hash);
  if (parsed) parsed->password = std::move(password);
  return parsed;
}

Result<ParsedBody> update_user(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  UpdateUser command;
  command.email = reader.patch_text("email");
  command.name = reader.patch_text("name");
  command.nickname = reader.patch_text("nickname");
  command.phone = reader.patch_text("phone");
  command.address = read_address(reader);
  command.avatar = reader.patch_text("avatar");
  return close(reader, UserCommand(std::move(command)));
}

Result<ParsedBody> create_product(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  const auto id = reader.optional_id("id");
  CreateProduct command;
  command.name = reader.text("name");
  command.description = reader.optional_text("description").value_or(std::string());
  command.price = reader.money("price");
  return close(reader, ProductCommand(std::move(command)), id);
}

Result<ParsedBody> update_product(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  UpdateProduct command;
  command.name = reader.patch_text("name");
  if (command.name.present && !command.name.value) {
    reader.fail("name", "cannot be cleared: send a new value or leave it out");
  }
  command.description = reader.patch_text("description");
  return close(reader, ProductCommand(std::move(command)));
}

Result<ParsedBody> change_price(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  ChangePrice command{reader.money("price")};
  return close(reader, ProductCommand(command));
}

void read_lines(const JsonValue& items, ObjectReader& reader, std::vector<RequestedLine>& lines) {
  lines.reserve(items.size);
  for (const auto& item : items) {
    ObjectReader line(item, "items", lines.size());
    const Uuid product = line.id("productId");
    lines.push_back({product, line.integer("quantity")});
    if (auto status = line.finish(); !status) return reader.fail(status.error());
  }
}

Result<ParsedBody> create_order(const JsonValue& body, Dialect dialect) {
  ObjectReader reader(body);
  const auto id = reader.optional_id("id");
  CreateOrder command;
  command.user = reader.id("userId");
  const JsonValue* items = reader.array("items");
  if (items == nullptr) reader.fail("items", "is missing: send an array of {productId, quantity}");
  if (items != nullptr && items->size > 1'000) reader.fail("items", "has far too many lines");
  if (items != nullptr && !reader.failed()) read_lines(*items, reader, command.lines);
  if (dialect == Dialect::kAlias) command.stated_price = reader.optional_money("price", kMaxTotal);
  return close(reader, OrderCommand(std::move(command)), id);
}

Result<ParsedBody> cancel_order(const JsonValue& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  CancelOrder command{reader.text("reason")};
  return close(reader, OrderCommand(std::move(command)));
}

constexpr std::array<CommandKind, 17> kCommands{{
    {"create_user", Kind::kUser, true, create_user},
    {"update_user", Kind::kUser, false, update_user},
    {"deactivate_user", Kind::kUser, false, bare<UserCommand, DeactivateUser>},
    {"activate_user", Kind::kUser, false, bare<UserCommand, ActivateUser>},
    {"delete_user", Kind::kUser, false, bare<UserCommand, DeleteUser>},
    {"create_product", Kind::kProduct, true, create_product},
    {"update_product", Kind::kProduct, false, update_product},
    {"change_price", Kind::kProduct, false, change_price},
    {"deactivate_product", Kind::kProduct, false, bare<ProductCommand, DeactivateProduct>},
    {"activate_product", Kind::kProduct, false, bare<ProductCommand, ActivateProduct>},
    {"delete_product", Kind::kProduct, false, bare<ProductCommand, DeleteProduct>},
    {"create_order", Kind::kOrder, true, create_order},
    {"confirm_order", Kind::kOrder, false, bare<OrderCommand, ConfirmOrder>},
    {"cancel_order", Kind::kOrder, false, cancel_order},
    {"pay_order", Kind::kOrder, false, bare<OrderCommand, PayOrder>},
    {"ship_order", Kind::kOrder, false, bare<OrderCommand, ShipOrder>},
    {"deliver_order", Kind::kOrder, false, bare<OrderCommand, DeliverOrder>},
}};

}  // namespace

const CommandKind* find_command(std::string_view name) {
  for (const auto& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace cqrs
