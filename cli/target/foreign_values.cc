#include "cli/target/foreign_values.h"

#include "core/base/hash.h"

namespace cqrs::target {
namespace {

constexpr std::uint64_t kMostMinor = 100'000;

bool append_price(std::string& out, Money price, bool minor) {
  if (minor) {
    append_integer(out, price.minor);
  } else {
    append_money(out, price);
  }
  return true;
}

bool say(std::string& out, std::string_view text) {
  out += text;
  return true;
}

std::string_view status_after(Operation operation) {
  switch (operation) {
    case Operation::kConfirmOrder:
      return "CONFIRMED";
    case Operation::kCancelOrder:
      return "CANCELLED";
    case Operation::kPayOrder:
      return "PAID";
    case Operation::kShipOrder:
      return "SHIPPED";
    case Operation::kDeliverOrder:
      return "DELIVERED";
    default:
      return {};
  }
}

}  // namespace

ForeignValues::ForeignValues(const Generator& generator, const IdTable& ids, Kind kind,
                             std::uint64_t index)
    : generator_(generator),
      ids_(ids),
      kind_(kind),
      index_(index),
      state_(generator.state(kind, index)) {}

void ForeignValues::apply(Operation operation, std::uint64_t number) {
  const std::string mark = std::to_string(number);
  if (operation == Operation::kUpdateUser || operation == Operation::kUpdateProduct) {
    set("name", "Renamed " + std::string(kind_name(kind_)) + " " + mark);
    if (kind_ == Kind::kProduct) set("description", "Described anew by " + mark);
  } else if (operation == Operation::kChangePrice) {
    const Money price{static_cast<std::int64_t>(mix64(number) % kMostMinor) + 1};
    set("price", to_string(price));
    set("price_minor", std::to_string(price.minor));
  } else if (operation == Operation::kDeactivateUser ||
             operation == Operation::kDeactivateProduct) {
    set("active", "false");
  } else if (operation == Operation::kActivateUser || operation == Operation::kActivateProduct) {
    set("active", "true");
  } else if (const auto status = status_after(operation); !status.empty()) {
    set("status", std::string(status));
  }
  set("key", generator_.idempotency_key(kind_, index_) + "-" + mark);
}

bool ForeignValues::append(std::string& out, std::string_view name) const {
  if (const auto changed = changed_.find(name); changed != changed_.end()) {
    out += changed->second;
    return true;
  }
  if (name == "id") return ids_.append(out, kind_, index_);
  if (name == "number") {
    out += std::to_string(index_);
  } else if (name == "uuid") {
    append_uuid(out, generator_.id(kind_, index_));
  } else if (name == "key") {
    generator_.append_idempotency_key(out, kind_, index_);
  } else {
    return append_state(out, name);
  }
  return true;
}

bool ForeignValues::append_state(std::string& out, std::string_view name) const {
  if (const auto* user = std::get_if<UserState>(&state_)) {
    if (name == "email") return say(out, user->personal.email);
    if (name == "name") return say(out, user->personal.name);
    if (name == "active") return say(out, "true");
    if (name == "password") return say(out, generator_.idempotency_key(kind_, index_).substr(16));
    return false;
  }
  if (const auto* product = std::get_if<ProductState>(&state_)) {
    if (name == "name") return say(out, product->name);
    if (name == "description") return say(out, product->description);
    if (name == "active") return say(out, "true");
    const bool minor = name == "price_minor";
    return (minor || name == "price") && append_price(out, product->price, minor);
  }
  const auto& order = std::get<OrderState>(state_);
  if (name == "status") return say(out, "PENDING");
  if (name == "reason") return say(out, "changed my mind");
  if (name == "total" || name == "total_minor") {
    return append_price(out, order.total, name == "total_minor");
  }
  if (name == "user.uuid") return say(out, to_string(order.user));
  if (name != "user.id") return false;
  const auto user = generator_.index_of(Kind::kUser, order.user);
  return user && ids_.append(out, Kind::kUser, *user);
}

std::size_t ForeignValues::items() const {
  const auto* order = std::get_if<OrderState>(&state_);
  return order == nullptr ? 0 : order->lines.size();
}

bool ForeignValues::append_item(std::string& out, std::size_t item, std::string_view name) const {
  const auto* order = std::get_if<OrderState>(&state_);
  if (order == nullptr || item >= order->lines.size()) return false;
  const OrderLine& line = order->lines[item];
  if (name == "item.number") return say(out, std::to_string(item));
  if (name == "item.quantity") return say(out, std::to_string(line.quantity));
  if (name == "item.product.uuid") return say(out, to_string(line.product));
  if (name == "item.price" || name == "item.price_minor") {
    return append_price(out, line.unit_price, name == "item.price_minor");
  }
  if (name != "item.product.id") return false;
  const auto product = generator_.index_of(Kind::kProduct, line.product);
  return product && ids_.append(out, Kind::kProduct, *product);
}

}  // namespace cqrs::target
