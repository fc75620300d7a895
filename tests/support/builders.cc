#include "tests/support/builders.h"

#include "core/base/hash.h"
#include "core/events/codec.h"

#include <utility>

namespace cqrs::support {

Uuid an_id(Kind kind, std::uint64_t number) {
  const auto which = static_cast<std::uint64_t>(kind);
  return make_uuid_v7(1'700'000'000'000 + number, which, mix64(number * 8 + which));
}

std::string an_email(std::uint64_t number) {
  return "user" + std::to_string(number) + "@example.com";
}

UserState a_user(std::uint64_t number) {
  UserState user;
  user.personal.email = an_email(number);
  user.personal.name = "User " + std::to_string(number);
  return user;
}

UserState a_full_user(std::uint64_t number) {
  UserState user = a_user(number);
  user.personal.nickname = "Nick-" + std::to_string(number);
  user.personal.phone = "+49301" + std::to_string(100'000 + number);
  user.personal.address = R"({"city":"Köln","zip":"50667"})";
  user.personal.avatar = "https://example.com/" + std::to_string(number) + ".png";
  return user;
}

ProductState a_product(std::uint64_t number) {
  const auto cents = static_cast<std::int64_t>(1'000 + number * 7);
  return {"Product " + std::to_string(number), "The one with number " + std::to_string(number),
          Money{cents}, true};
}

OrderState an_order() {
  OrderState order;
  order.user = an_id(Kind::kUser, 1);
  order.lines = {{an_id(Kind::kProduct, 1), 2, a_product(1).price},
                 {an_id(Kind::kProduct, 2), 1, a_product(2).price}};
  order.total = total_of(order.lines);
  return order;
}

Patch<std::string> set(std::string value) { return {true, std::move(value)}; }
Patch<std::string> clear() { return {true, std::nullopt}; }

namespace {

Command a_command(const StreamKey& target, CommandBody body) {
  Command command;
  command.target = target;
  command.body = std::move(body);
  return command;
}

}  // namespace

Command create_user(std::uint64_t number) { return create_user(number, an_email(number)); }

Command create_user(std::uint64_t number, const std::string& email) {
  PersonalFields personal = a_user(number).personal;
  personal.email = email;
  return a_command(user_key(number), UserCommand(CreateUser{personal}));
}

Command update_user(std::uint64_t number, UpdateUser changes) {
  return a_command(user_key(number), UserCommand(std::move(changes)));
}

Command rename_user(std::uint64_t number, const std::string& name) {
  UpdateUser changes;
  changes.name = set(name);
  return update_user(number, std::move(changes));
}

Command change_email(std::uint64_t number, const std::string& email) {
  UpdateUser changes;
  changes.email = set(email);
  return update_user(number, std::move(changes));
}

Command delete_user(std::uint64_t number) {
  return a_command(user_key(number), UserCommand(DeleteUser{}));
}

Command deactivate_user(std::uint64_t number) {
  return a_command(user_key(number), UserCommand(DeactivateUser{}));
}

Command activate_user(std::uint64_t number) {
  return a_command(user_key(number), UserCommand(ActivateUser{}));
}

Command create_product(std::uint64_t number) {
  const ProductState product = a_product(number);
  return a_command(product_key(number),
                   ProductCommand(CreateProduct{product.name, product.description, product.price}));
}

Command change_price(std::uint64_t number, Money price) {
  return a_command(product_key(number), ProductCommand(ChangePrice{price}));
}

Command deactivate_product(std::uint64_t number) {
  return a_command(product_key(number), ProductCommand(DeactivateProduct{}));
}

Command activate_product(std::uint64_t number) {
  return a_command(product_key(number), ProductCommand(ActivateProduct{}));
}

Command delete_product(std::uint64_t number) {
  return a_command(product_key(number), ProductCommand(DeleteProduct{}));
}

Command create_order(std::uint64_t number, std::uint64_t user,
                     const std::vector<std::uint64_t>& products) {
  CreateOrder order;
  order.user = an_id(Kind::kUser, user);
  for (const auto product : products) order.lines.push_back({an_id(Kind::kProduct, product), 2});
  return a_command(order_key(number), OrderCommand(std::move(order)));
}

Command confirm_order(std::uint64_t number) {
  return a_command(order_key(number), OrderCommand(ConfirmOrder{}));
}

Command cancel_order(std::uint64_t number) {
  return a_command(order_key(number), OrderCommand(CancelOrder{"changed my mind"}));
}

Command pay_order(std::uint64_t number) {
  return a_command(order_key(number), OrderCommand(PayOrder{}));
}

Command ship_order(std::uint64_t number) {
  return a_command(order_key(number), OrderCommand(ShipOrder{}));
}

Command deliver_order(std::uint64_t number) {
  return a_command(order_key(number), OrderCommand(DeliverOrder{}));
}

Command with_key(Command command, std::uint64_t key, std::uint64_t body) {
  command.idempotency = IdempotencyKey{make_uuid_v7(5, 5, key), make_uuid_v7(6, 6, body)};
  return command;
}

Event an_event(Position position, const StreamKey& stream, std::int64_t version,
               const EventBody& body) {
  Event event;
  event.position = position;
  event.event_id = make_uuid_v7(9, 9, static_cast<std::uint64_t>(position));
  event.stream = stream;
  event.version = version;
  event.type = event_type(body);
  event.schema_version = schema_version(body);
  append_event_data(event.data, body);
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.recorded_at = {kNow.micros + position};
  return event;
}

EventBody user_created(std::uint64_t number) { return UserEvent(UserCreated{a_user(number)}); }

EventBody user_renamed(const std::string& name) {
  UpdateUser changes;
  changes.name = set(name);
  return UserEvent(UserUpdated{std::move(changes)});
}

}  // namespace cqrs::support
