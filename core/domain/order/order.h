// The order aggregate as a pure Decider. What it needs to know of users and products is handed in,
// read under the same lock as the order itself.
#pragma once

#include "core/base/digest.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/uuid.h"
#include "core/domain/product/product.h"
#include "core/domain/user/user.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cqrs {

// PENDING -> CONFIRMED -> PAID -> SHIPPED -> DELIVERED; PENDING and CONFIRMED -> CANCELLED.
enum class OrderStatus : std::uint8_t {
  kPending,
  kConfirmed,
  kCancelled,
  kPaid,
  kShipped,
  kDelivered
};
[[nodiscard]] std::string_view status_name(OrderStatus status);  // "PENDING"
[[nodiscard]] std::optional<OrderStatus> parse_status(std::string_view text);

struct OrderLine {
  Uuid product;
  std::int64_t quantity = 0;
  Money unit_price;  // of the product when the order was accepted
  friend bool operator==(const OrderLine&, const OrderLine&) = default;
};

struct OrderState {
  Uuid user;
  std::vector<OrderLine> lines;
  Money total;  // computed here from the lines, never taken from a client
  OrderStatus status = OrderStatus::kPending;
  std::optional<Money> stated_price;  // what an alias client sent as `price`: kept, never used
  std::optional<std::string> cancel_reason;
  friend bool operator==(const OrderState&, const OrderState&) = default;
};

struct RequestedLine {
  Uuid product;
  std::int64_t quantity = 0;
};
struct CreateOrder {
  Uuid user;
  std::vector<RequestedLine> lines;
  std::optional<Money> stated_price;
};
struct ConfirmOrder {};
struct CancelOrder {
  std::string reason;
};
// Records that it was paid; takes no money.
struct PayOrder {};
struct ShipOrder {};
struct DeliverOrder {};

struct OrderCreated {
  OrderState order;
};
struct OrderConfirmed {};
struct OrderCancelled {
  std::string reason;
};
struct OrderPaid {};
struct OrderShipped {};
struct OrderDelivered {};

using OrderCommand =
    std::variant<CreateOrder, ConfirmOrder, CancelOrder, PayOrder, ShipOrder, DeliverOrder>;
using OrderEvent = std::variant<OrderCreated, OrderConfirmed, OrderCancelled, OrderPaid,
                                OrderShipped, OrderDelivered>;

// Looks up what an order refers to.
struct References {
  std::function<bool(const Uuid&)> user_exists;
  std::function<const ProductState*(const Uuid&)> product;  // nullptr: does not exist
};

// Errors: already_exists, not_found, invalid (missing user or product, inactive product, limits:
// the field and the id are named), version_conflict (the state machine forbids it: names the status
// and where it may go from there). A command whose status holds already gives no event.
[[nodiscard]] Result<std::vector<OrderEvent>> decide(const OrderState* state,
                                                     const OrderCommand& command,
                                                     const References& references);
void evolve(std::optional<OrderState>& state, const OrderEvent& event);
void append_canonical(DigestBuilder& digest, const OrderState& state);
[[nodiscard]] Money total_of(const std::vector<OrderLine>& lines);

}  // namespace cqrs
