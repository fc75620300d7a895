#include "core/workload/op_values.h"

#include "core/base/hash.h"
#include "core/base/json.h"

#include <array>
#include <charconv>

namespace cqrs {
namespace {

enum Purpose : std::uint64_t { kKeyA = 1, kKeyB, kPrice, kWord, kOwner, kLine };

constexpr std::array<std::string_view, 8> kColours{"amber", "azure", "coral", "ivory",
                                                   "jade",  "olive", "pearl", "ruby"};

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 16> text{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[15 - i] = "0123456789abcdef"[(value >> (4 * i)) & 0x0FU];
  }
  out.append(text.data(), text.size());
}

const OrderState* order_of(const std::optional<State>& state) {
  return state ? std::get_if<OrderState>(&*state) : nullptr;
}

void mark_user(DigestBuilder& digest, Operation operation, const UserState& user) {
  switch (operation) {
    case Operation::kCreateUser:
      digest.text(user.personal.email);
      digest.text(user.personal.name);
      return;
    case Operation::kUpdateUser:
      digest.text(user.personal.name);
      digest.optional_text(user.personal.avatar);
      return;
    default:
      digest.boolean(user.active);
  }
}

void mark_product(DigestBuilder& digest, Operation operation, const ProductState& product) {
  switch (operation) {
    case Operation::kCreateProduct:
      digest.text(product.name);
      digest.text(product.description);
      digest.money(product.price);
      return;
    case Operation::kUpdateProduct:
      digest.text(product.name);
      digest.text(product.description);
      return;
    case Operation::kChangePrice:
      digest.money(product.price);
      return;
    default:
      digest.boolean(product.active);
  }
}

void mark_order(DigestBuilder& digest, Operation operation, const OrderState& order) {
  if (operation == Operation::kCreateOrder) {
    digest.id(order.user);
    digest.list(order.lines.size());
    for (const auto& line : order.lines) {
      digest.id(line.product);
      digest.number(line.quantity);
    }
    return;
  }
  digest.text(status_name(order.status));
  if (operation == Operation::kCancelOrder) digest.optional_text(order.cancel_reason);
}

}  // namespace

OpValues::OpValues(const WorkloadShape& data, const std::array<Skew, 3>& skew) : generator_(data) {
  for (const Kind kind : kAllKinds) {
    if (data.count(kind) == 0) continue;
    choosers_[kind_index(kind)].emplace(skew[kind_index(kind)], data.count(kind));
  }
}

std::uint64_t OpValues::random(std::uint64_t number, std::uint64_t purpose) const {
  return mix64(mix64(generator_.shape().seed ^ 0x6C6F6164ULL ^ (number << 1U)) + purpose);
}

StreamKey OpValues::target(const Op& op) const {
  const Kind kind = info_of(op.operation).kind;
  return {kind, generator_.id(kind, op.index)};
}

void OpValues::append_idempotency_key(std::string& out, const Op& op) const {
  append_hex(out, random(op.number, kKeyA));
  append_hex(out, random(op.number, kKeyB));
}

Money OpValues::new_price(const Op& op) const {
  return {static_cast<std::int64_t>(random(op.number, kPrice) % 1'000'000) + 1};
}

OrderState OpValues::order(const Op& op) const {
  OrderState order;
  order.user = generator_.id(Kind::kUser, choose(Kind::kUser, random(op.number, kOwner)));
  for (std::uint64_t line = 0; line < kLinesPerOrder; ++line) {
    const std::uint64_t bits = random(op.number, kLine + line);
    OrderLine made;
    made.product = generator_.id(Kind::kProduct, choose(Kind::kProduct, bits));
    made.quantity = static_cast<std::int64_t>(mix64(bits) % 9) + 1;
    order.lines.push_back(made);
  }
  return order;
}

std::optional<State> OpValues::outcome(const Op& op) const {
  const std::uint64_t bits = random(op.number, kWord);
  const std::string colour(kColours[bits % kColours.size()]);
  const std::string number = std::to_string(op.number);
  UserState user;
  ProductState product;
  OrderState order_state;
  switch (op.operation) {
    case Operation::kCreateUser:
      return generator_.state(Kind::kUser, op.index);
    case Operation::kUpdateUser:
      user.personal.name = "Renamed " + colour + " " + number;
      user.personal.avatar = "https://example.com/avatars/" + number + ".png";
      return user;
    case Operation::kDeactivateUser:
    case Operation::kActivateUser:
      user.active = op.operation == Operation::kActivateUser;
      return user;
    case Operation::kCreateProduct:
      return generator_.state(Kind::kProduct, op.index);
    case Operation::kUpdateProduct:
      product.name = "Renamed " + colour + " " + number;
      product.description = "In " + colour + " now";
      return product;
    case Operation::kChangePrice:
      product.price = new_price(op);
      return product;
    case Operation::kDeactivateProduct:
    case Operation::kActivateProduct:
      product.active = op.operation == Operation::kActivateProduct;
      return product;
    case Operation::kCreateOrder:
      return order(op);
    case Operation::kConfirmOrder:
      order_state.status = OrderStatus::kConfirmed;
      return order_state;
    case Operation::kCancelOrder:
      order_state.status = OrderStatus::kCancelled;
      order_state.cancel_reason = "load " + number;
      return order_state;
    case Operation::kPayOrder:
      order_state.status = OrderStatus::kPaid;
      return order_state;
    case Operation::kShipOrder:
      order_state.status = OrderStatus::kShipped;
      return order_state;
    case Operation::kDeliverOrder:
      order_state.status = OrderStatus::kDelivered;
      return order_state;
    default:
      return std::nullopt;
  }
}

void OpValues::append_body(std::string& out, const Op& op) const {
  if (op.operation == Operation::kCreateUser || op.operation == Operation::kCreateProduct) {
    return generator_.append_body(out, info_of(op.operation).kind, op.index);
  }
  const auto wanted = outcome(op);
  if (!wanted) return;
  JsonObject body(out);
  if (const auto* user = std::get_if<UserState>(&*wanted)) {
    if (op.operation == Operation::kUpdateUser) {
      body.text("name", user->personal.name);
      body.text("avatar", *user->personal.avatar);
    }
  } else if (const auto* product = std::get_if<ProductState>(&*wanted)) {
    if (op.operation == Operation::kUpdateProduct) {
      body.text("name", product->name);
      body.text("description", product->description);
    } else if (op.operation == Operation::kChangePrice) {
      body.raw("price", to_string(product->price));
    }
  } else if (const auto* order = order_of(wanted)) {
    if (op.operation == Operation::kCreateOrder) {
      body.text("id", to_string(target(op).id));
      body.text("userId", to_string(order->user));
      body.name("items");
      out += '[';
      for (const auto& line : order->lines) {
        if (out.back() != '[') out += ',';
        JsonObject item(out);
        item.text("productId", to_string(line.product));
        item.raw("quantity", std::to_string(line.quantity));
        item.close();
      }
      out += ']';
    } else if (op.operation == Operation::kCancelOrder) {
      body.text("reason", *order->cancel_reason);
    }
  }
  body.close();
}

Digest OpValues::mark(const Op& op) const { return mark_of(op.operation, target(op), outcome(op)); }

Digest mark_of(Operation operation, const StreamKey& key, const std::optional<State>& state) {
  DigestBuilder digest(kind_name(key.kind), key.id, 0, !state.has_value());
  digest.text(info_of(operation).name);
  if (state) {
    if (const auto* user = std::get_if<UserState>(&*state)) mark_user(digest, operation, *user);
    if (const auto* product = std::get_if<ProductState>(&*state)) {
      mark_product(digest, operation, *product);
    }
    if (const auto* order = order_of(state)) mark_order(digest, operation, *order);
  }
  return digest.finish();
}

}  // namespace cqrs
