#include "core/workload/commands.h"

#include "core/base/hash.h"

namespace cqrs {
namespace {

std::uint8_t digit_of(char c) {
  return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

Uuid uuid_of_hex(const std::string& digits) {
  Uuid out;
  for (std::size_t i = 0; i < out.bytes.size() && 2 * i + 1 < digits.size(); ++i) {
    out.bytes.at(i) =
        static_cast<std::uint8_t>(digit_of(digits[2 * i]) << 4U | digit_of(digits[2 * i + 1]));
  }
  return out;
}

CommandBody body_of(const UserState& user) {
  CreateUser create;
  create.personal = user.personal;
  return UserCommand(std::move(create));
}

CommandBody body_of(const ProductState& product) {
  CreateProduct create;
  create.name = product.name;
  create.description = product.description;
  create.price = product.price;
  return ProductCommand(std::move(create));
}

CommandBody body_of(const OrderState& order) {
  CreateOrder create;
  create.user = order.user;
  for (const auto& line : order.lines) create.lines.push_back({line.product, line.quantity});
  return OrderCommand(std::move(create));
}

EventBody event_of(const UserState& user) { return UserEvent(UserCreated{user}); }
EventBody event_of(const ProductState& product) { return ProductEvent(ProductCreated{product}); }
EventBody event_of(const OrderState& order) { return OrderEvent(OrderCreated{order}); }

}  // namespace

Command create_command(const Generator& generator, Kind kind, std::uint64_t index) {
  Command command;
  command.target = {kind, generator.id(kind, index)};
  command.body =
      std::visit([](const auto& state) { return body_of(state); }, generator.state(kind, index));
  const Uuid key = uuid_of_hex(generator.idempotency_key(kind, index));
  command.idempotency = IdempotencyKey{key, make_uuid_v7(index, key.high(), mix64(key.low()))};
  return command;
}

EventBody created_event(const Generator& generator, Kind kind, std::uint64_t index) {
  return std::visit([](const auto& state) { return event_of(state); },
                    generator.state(kind, index));
}

}  // namespace cqrs
