#include "services/command/bodies.h"

#include "core/base/object_reader.h"

#include <algorithm>
#include <array>

namespace cqrs {
namespace {

Result<ParsedBody> close(ObjectReader& reader, CommandBody command,
                         std::optional<Uuid> id = std::nullopt) {
  CQRS_TRY(reader.finish());
  return ParsedBody{std::move(command), id};
}

// A number that is no 64-bit integer would come back changed.
bool has_decimals(const Json& value) {
  if (value.is_binary()) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), has_decimals);
}

// An address is kept as canonical JSON text: sorted keys, no blanks.
Patch<std::string> read_address(ObjectReader& reader) {
  if (!reader.has("address")) return {};
  const Json* address = reader.object("address");
  if (address == nullptr) return {true, std::nullopt};
  if (has_decimals(*address)) {
    reader.fail("address", "may hold whole numbers of 64 bits only: send other numbers as text");
    return {};
  }
  return {true, address->dump()};
}

Result<ParsedBody> create_user(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  CreateUser command;
  const auto id = reader.optional_id("id");
  command.personal.email = reader.text("email");
  command.personal.name = reader.text("name");
  command.personal.nickname = reader.optional_text("nickname");
  command.personal.phone = reader.optional_text("phone");
  command.personal.address = read_address(reader).value;
  command.personal.avatar = reader.optional_text("avatar");
  return close(reader, UserCommand(std::move(command)), id);
}

Result<ParsedBody> update_user(const Json& body, Dialect /*dialect*/) {
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

Result<ParsedBody> create_product(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  const auto id = reader.optional_id("id");
  CreateProduct command;
  command.name = reader.text("name");
  command.description = reader.optional_text("description").value_or(std::string());
  command.price = reader.money("price");
  return close(reader, ProductCommand(std::move(command)), id);
}

Result<ParsedBody> update_product(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  UpdateProduct command;
  command.name = reader.patch_text("name");
  if (command.name.present && !command.name.value) {
    reader.fail("name", "cannot be cleared: send a new value or leave it out");
  }
  command.description = reader.patch_text("description");
  return close(reader, ProductCommand(std::move(command)));
}

Result<ParsedBody> change_price(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  ChangePrice command{reader.money("price")};
  return close(reader, ProductCommand(command));
}

Result<ParsedBody> create_order(const Json& body, Dialect dialect) {
  ObjectReader reader(body);
  const auto id = reader.optional_id("id");
  CreateOrder command;
  command.user = reader.id("userId");
  const Json* items = reader.array("items");
  if (items == nullptr) reader.fail("items", "is missing: send an array of {productId, quantity}");
  if (items != nullptr && items->size() > 1'000) reader.fail("items", "has far too many lines");
  for (std::size_t i = 0; items != nullptr && !reader.failed() && i < items->size(); ++i) {
    ObjectReader line((*items)[i], "items[" + std::to_string(i) + "].");
    const Uuid product = line.id("productId");
    command.lines.push_back({product, line.integer("quantity")});
    if (auto status = line.finish(); !status) reader.fail(status.error());
  }
  if (dialect == Dialect::kAlias) command.stated_price = reader.optional_money("price", kMaxTotal);
  return close(reader, OrderCommand(std::move(command)), id);
}

Result<ParsedBody> confirm_order(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  return close(reader, OrderCommand(ConfirmOrder{}));
}

Result<ParsedBody> cancel_order(const Json& body, Dialect /*dialect*/) {
  ObjectReader reader(body);
  CancelOrder command{reader.text("reason")};
  return close(reader, OrderCommand(std::move(command)));
}

constexpr std::array<CommandKind, 8> kCommands{{
    {"create_user", Kind::kUser, true, create_user},
    {"update_user", Kind::kUser, false, update_user},
    {"create_product", Kind::kProduct, true, create_product},
    {"update_product", Kind::kProduct, false, update_product},
    {"change_price", Kind::kProduct, false, change_price},
    {"create_order", Kind::kOrder, true, create_order},
    {"confirm_order", Kind::kOrder, false, confirm_order},
    {"cancel_order", Kind::kOrder, false, cancel_order},
}};

}  // namespace

const CommandKind* find_command(std::string_view name) {
  for (const auto& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace cqrs
