#include "core/domain/order/order.h"

#include "core/domain/validation.h"

#include <algorithm>
#include <array>

namespace cqrs {
namespace {

using Events = std::vector<OrderEvent>;

std::string line_field(std::size_t index, std::string_view name) {
  return "items[" + std::to_string(index) + "]." + std::string(name);
}

Status check_shape(const CreateOrder& command) {
  if (command.lines.empty()) return invalid("items", "items must not be empty: order at least one");
  if (command.lines.size() > limits::kOrderLinesMax) {
    return invalid("items", "items has more than " + std::to_string(limits::kOrderLinesMax) +
                                " lines: split the order");
  }
  for (std::size_t i = 0; i < command.lines.size(); ++i) {
    const auto quantity = command.lines[i].quantity;
    if (quantity < 1 || quantity > limits::kQuantityMax) {
      const auto field = line_field(i, "quantity");
      return invalid(field,
                     field + " must be between 1 and " + std::to_string(limits::kQuantityMax));
    }
  }
  return {};
}

Result<OrderLine> price_line(const RequestedLine& line, std::size_t index,
                             const References& references) {
  const ProductState* product = references.product(line.product);
  if (product != nullptr && product->active) {
    return OrderLine{line.product, line.quantity, product->price};
  }
  const auto field = line_field(index, "productId");
  return invalid(field, field + ": product " + to_string(line.product) +
                            (product == nullptr ? " does not exist" : " is not active"));
}

// Where an order may go from each status; nowhere from the others.
struct Transition {
  OrderStatus from, to;
};
constexpr std::array<Transition, 6> kTransitions{{
    {OrderStatus::kPending, OrderStatus::kConfirmed},
    {OrderStatus::kPending, OrderStatus::kCancelled},
    {OrderStatus::kConfirmed, OrderStatus::kPaid},
    {OrderStatus::kConfirmed, OrderStatus::kCancelled},
    {OrderStatus::kPaid, OrderStatus::kShipped},
    {OrderStatus::kShipped, OrderStatus::kDelivered},
}};

bool allowed(OrderStatus from, OrderStatus to) {
  return std::any_of(kTransitions.begin(), kTransitions.end(),
                     [&](const Transition& step) { return step.from == from && step.to == to; });
}

Error forbidden(OrderStatus from, OrderStatus to) {
  std::string ways;
  for (const auto& step : kTransitions) {
    if (step.from != from) continue;
    ways += ways.empty() ? "it can become " : " or ";
    ways += status_name(step.to);
  }
  return make_error(ErrorCode::kVersionConflict,
                    "an order that is " + std::string(status_name(from)) + " cannot become " +
                        std::string(status_name(to)) + ": " +
                        (ways.empty() ? std::string("this status is final") : ways),
                    "status");
}

struct Decision {
  const OrderState* state;
  const References& references;

  Result<Events> operator()(const CreateOrder& command) const {
    if (state != nullptr) {
      return make_error(ErrorCode::kAlreadyExists, "an order with this id exists already", "id");
    }
    CQRS_TRY(check_shape(command));
    if (!references.user_exists(command.user)) {
      return invalid("userId", "userId: user " + to_string(command.user) + " does not exist");
    }
    OrderState order;
    order.user = command.user;
    order.stated_price = command.stated_price;
    for (std::size_t i = 0; i < command.lines.size(); ++i) {
      auto line = price_line(command.lines[i], i, references);
      if (!line) return line.error();
      order.lines.push_back(*line);
    }
    order.total = total_of(order.lines);
    return Events{OrderCreated{std::move(order)}};
  }

  Result<Events> operator()(const ConfirmOrder& /*command*/) const {
    return move_to(OrderStatus::kConfirmed, OrderConfirmed{});
  }
  Result<Events> operator()(const CancelOrder& command) const {
    if (state == nullptr) return missing();
    CQRS_TRY(check_text("reason", command.reason, 1, limits::kReasonMax, true));
    return move_to(OrderStatus::kCancelled, OrderCancelled{command.reason});
  }
  Result<Events> operator()(const PayOrder& /*command*/) const {
    return move_to(OrderStatus::kPaid, OrderPaid{});
  }
  Result<Events> operator()(const ShipOrder& /*command*/) const {
    return move_to(OrderStatus::kShipped, OrderShipped{});
  }
  Result<Events> operator()(const DeliverOrder& /*command*/) const {
    return move_to(OrderStatus::kDelivered, OrderDelivered{});
  }

  [[nodiscard]] Result<Events> move_to(OrderStatus wanted, OrderEvent event) const {
    if (state == nullptr) return missing();
    if (state->status == wanted) return Events{};
    if (!allowed(state->status, wanted)) return forbidden(state->status, wanted);
    return Events{std::move(event)};
  }
  static Error missing() { return make_error(ErrorCode::kNotFound, "no order has this id", "id"); }
};

struct Evolution {
  std::optional<OrderState>& state;

  void operator()(const OrderCreated& event) const { state = event.order; }
  void operator()(const OrderConfirmed& /*event*/) const { move_to(OrderStatus::kConfirmed); }
  void operator()(const OrderCancelled& event) const {
    move_to(OrderStatus::kCancelled);
    if (state) state->cancel_reason = event.reason;
  }
  void operator()(const OrderPaid& /*event*/) const { move_to(OrderStatus::kPaid); }
  void operator()(const OrderShipped& /*event*/) const { move_to(OrderStatus::kShipped); }
  void operator()(const OrderDelivered& /*event*/) const { move_to(OrderStatus::kDelivered); }

  void move_to(OrderStatus status) const {
    if (state) state->status = status;
  }
};

constexpr std::array<OrderStatus, 6> kStatuses{OrderStatus::kPending,   OrderStatus::kConfirmed,
                                               OrderStatus::kCancelled, OrderStatus::kPaid,
                                               OrderStatus::kShipped,   OrderStatus::kDelivered};

}  // namespace

std::string_view status_name(OrderStatus status) {
  switch (status) {
    case OrderStatus::kPending:
      return "PENDING";
    case OrderStatus::kConfirmed:
      return "CONFIRMED";
    case OrderStatus::kCancelled:
      return "CANCELLED";
    case OrderStatus::kPaid:
      return "PAID";
    case OrderStatus::kShipped:
      return "SHIPPED";
    case OrderStatus::kDelivered:
      return "DELIVERED";
  }
  return "UNKNOWN";
}

std::optional<OrderStatus> parse_status(std::string_view text) {
  for (const auto status : kStatuses) {
    if (status_name(status) == text) return status;
  }
  return std::nullopt;
}

Money total_of(const std::vector<OrderLine>& lines) {
  Money total;
  for (const auto& line : lines) total.minor += line.unit_price.minor * line.quantity;
  return total;
}

Result<Events> decide(const OrderState* state, const OrderCommand& command,
                      const References& references) {
  return std::visit(Decision{state, references}, command);
}

void evolve(std::optional<OrderState>& state, const OrderEvent& event) {
  std::visit(Evolution{state}, event);
}

void append_canonical(DigestBuilder& digest, const OrderState& state) {
  digest.id(state.user);
  digest.list(state.lines.size());
  for (const auto& line : state.lines) {
    digest.id(line.product);
    digest.number(line.quantity);
    digest.money(line.unit_price);
  }
  digest.money(state.total);
  digest.text(status_name(state.status));
  if (state.stated_price) {
    digest.money(*state.stated_price);
  } else {
    digest.optional_text(std::nullopt);
  }
  digest.optional_text(state.cancel_reason);
}

}  // namespace cqrs
