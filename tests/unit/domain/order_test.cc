// The order aggregate: references, limits, the total that is computed here, and the state machine.
#include "core/domain/order/order.h"

#include "core/domain/aggregate.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class OrderTest : public testing::Test {
 protected:
  OrderTest() {
    references_.user_exists = [](const Uuid& id) { return id == an_id(Kind::kUser, 1); };
    references_.product = [this](const Uuid& id) -> const ProductState* {
      if (id == an_id(Kind::kProduct, 1)) return &first_;
      return id == an_id(Kind::kProduct, 2) ? &second_ : nullptr;
    };
    create_.user = an_id(Kind::kUser, 1);
    create_.lines = {{an_id(Kind::kProduct, 1), 2}, {an_id(Kind::kProduct, 2), 1}};
  }

  Result<std::vector<OrderEvent>> create() {
    return decide(nullptr, OrderCommand(create_), references_);
  }
  Result<std::vector<OrderEvent>> change(OrderStatus status, const OrderCommand& command) {
    OrderState order = an_order();
    order.status = status;
    return decide(&order, command, references_);
  }

  ProductState first_ = a_product(1);
  ProductState second_ = a_product(2);
  References references_;
  CreateOrder create_;
  OrderCommand confirm_ = ConfirmOrder{};
  OrderCommand cancel_ = CancelOrder{"too late"};
};

TEST_F(OrderTest, CreationPricesTheLinesAndComputesTheTotal) {
  const auto events = create();
  ASSERT_THAT(events, is_ok());
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(std::get<OrderCreated>(events->front()).order, an_order());
}

TEST_F(OrderTest, StatedPriceIsKeptAndNeverUsed) {
  create_.stated_price = Money{1};
  const auto events = create();
  ASSERT_THAT(events, is_ok());
  const OrderState& order = std::get<OrderCreated>(events->front()).order;
  EXPECT_EQ(order.stated_price, Money{1});
  EXPECT_EQ(order.total, an_order().total);
}

TEST_F(OrderTest, CreationOfAnExistingOrderIsRefused) {
  const OrderState order = an_order();
  EXPECT_THAT(decide(&order, OrderCommand(create_), references_),
              fails_with(ErrorCode::kAlreadyExists, "id"));
}

TEST_F(OrderTest, MissingUserIsNamed) {
  create_.user = an_id(Kind::kUser, 9);
  const auto events = create();
  EXPECT_THAT(events, fails_with(ErrorCode::kInvalid, "userId"));
  EXPECT_NE(events.error().message.find(to_string(create_.user)), std::string::npos);
}

TEST_F(OrderTest, MissingProductIsNamedWithItsLine) {
  create_.lines[1].product = an_id(Kind::kProduct, 9);
  const auto events = create();
  EXPECT_THAT(events, fails_with(ErrorCode::kInvalid, "items[1].productId"));
  EXPECT_NE(events.error().message.find(to_string(create_.lines[1].product)), std::string::npos);
}

TEST_F(OrderTest, InactiveProductIsRefused) {
  second_.active = false;
  EXPECT_THAT(create(), fails_with(ErrorCode::kInvalid, "items[1].productId"));
}

TEST_F(OrderTest, OrderWithoutLinesIsRefused) {
  create_.lines.clear();
  EXPECT_THAT(create(), fails_with(ErrorCode::kInvalid, "items"));
}

TEST_F(OrderTest, HundredLinesAreAcceptedAndOneMoreIsNot) {
  create_.lines.assign(100, {an_id(Kind::kProduct, 1), 1});
  EXPECT_THAT(create(), is_ok());
  create_.lines.push_back(create_.lines.front());
  EXPECT_THAT(create(), fails_with(ErrorCode::kInvalid, "items"));
}

TEST_F(OrderTest, QuantityHasLimitsAndIsNamedWithItsLine) {
  for (const std::int64_t quantity :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10'001}, INT64_MAX}) {
    create_.lines[1].quantity = quantity;
    EXPECT_THAT(create(), fails_with(ErrorCode::kInvalid, "items[1].quantity")) << quantity;
  }
  create_.lines[1].quantity = 10'000;
  EXPECT_THAT(create(), is_ok());
}

TEST_F(OrderTest, LargestOrderHasAnExactTotal) {
  first_.price = kMaxPrice;
  create_.lines.assign(100, {an_id(Kind::kProduct, 1), 10'000});
  const auto events = create();
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(std::get<OrderCreated>(events->front()).order.total, kMaxTotal);
}

TEST_F(OrderTest, ChangesOfAMissingOrderAreNotFound) {
  for (const OrderCommand& command : {confirm_, cancel_, OrderCommand(PayOrder{}),
                                      OrderCommand(ShipOrder{}), OrderCommand(DeliverOrder{})}) {
    EXPECT_THAT(decide(nullptr, command, references_), fails_with(ErrorCode::kNotFound, "id"));
  }
}

TEST_F(OrderTest, PendingOrderCanBeConfirmed) {
  const auto events = change(OrderStatus::kPending, confirm_);
  ASSERT_THAT(events, is_ok());
  std::optional<OrderState> order = an_order();
  for (const auto& event : *events) evolve(order, event);
  EXPECT_EQ(order->status, OrderStatus::kConfirmed);
  EXPECT_EQ(order->cancel_reason, std::nullopt);
}

TEST_F(OrderTest, PendingOrderCanBeCancelledWithAReason) {
  const auto events = change(OrderStatus::kPending, cancel_);
  ASSERT_THAT(events, is_ok());
  std::optional<OrderState> order = an_order();
  for (const auto& event : *events) evolve(order, event);
  EXPECT_EQ(order->status, OrderStatus::kCancelled);
  EXPECT_EQ(order->cancel_reason, "too late");
}

constexpr std::array<OrderStatus, 6> kStatuses{OrderStatus::kPending,   OrderStatus::kConfirmed,
                                               OrderStatus::kCancelled, OrderStatus::kPaid,
                                               OrderStatus::kShipped,   OrderStatus::kDelivered};

// Every status against every command: one event into the wanted status, none where it holds
// already, and 409 with what is allowed everywhere else.
TEST_F(OrderTest, StateMachineAllowsExactlyThePublishedTransitions) {
  const std::map<OrderStatus, std::set<OrderStatus>> published{
      {OrderStatus::kPending, {OrderStatus::kConfirmed, OrderStatus::kCancelled}},
      {OrderStatus::kConfirmed, {OrderStatus::kPaid, OrderStatus::kCancelled}},
      {OrderStatus::kPaid, {OrderStatus::kShipped}},
      {OrderStatus::kShipped, {OrderStatus::kDelivered}},
      {OrderStatus::kDelivered, {}},
      {OrderStatus::kCancelled, {}}};
  const std::vector<std::pair<OrderCommand, OrderStatus>> commands{
      {confirm_, OrderStatus::kConfirmed},
      {cancel_, OrderStatus::kCancelled},
      {PayOrder{}, OrderStatus::kPaid},
      {ShipOrder{}, OrderStatus::kShipped},
      {DeliverOrder{}, OrderStatus::kDelivered}};
  for (const auto from : kStatuses) {
    for (const auto& [command, to] : commands) {
      SCOPED_TRACE(std::string(status_name(from)) + " to " + std::string(status_name(to)));
      const auto events = change(from, command);
      if (from == to) {
        ASSERT_THAT(events, is_ok());
        EXPECT_TRUE(events->empty());
      } else if (published.at(from).contains(to)) {
        ASSERT_THAT(events, is_ok());
        ASSERT_EQ(events->size(), 1U);
        std::optional<OrderState> order = an_order();
        evolve(order, events->front());
        EXPECT_EQ(order->status, to);
      } else {
        EXPECT_THAT(events, fails_with(ErrorCode::kVersionConflict, "status"));
      }
    }
  }
}

TEST_F(OrderTest, ForbiddenTransitionNamesTheStatusAndWhatIsAllowed) {
  EXPECT_EQ(change(OrderStatus::kPending, ShipOrder{}).error().message,
            "an order that is PENDING cannot become SHIPPED: it can become CONFIRMED or CANCELLED");
  EXPECT_EQ(change(OrderStatus::kPaid, cancel_).error().message,
            "an order that is PAID cannot become CANCELLED: it can become SHIPPED");
  EXPECT_EQ(change(OrderStatus::kDelivered, cancel_).error().message,
            "an order that is DELIVERED cannot become CANCELLED: this status is final");
}

TEST_F(OrderTest, SecondCancellationKeepsTheFirstReason) {
  OrderState order = an_order();
  order.status = OrderStatus::kCancelled;
  order.cancel_reason = "first";
  const auto events = decide(&order, OrderCommand(CancelOrder{"second"}), references_);
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST_F(OrderTest, ReasonOfACancellationHasLimits) {
  const auto kInvalid = ErrorCode::kInvalid;
  EXPECT_THAT(change(OrderStatus::kPending, CancelOrder{""}), fails_with(kInvalid, "reason"));
  EXPECT_THAT(change(OrderStatus::kPending, CancelOrder{std::string(501, 'x')}),
              fails_with(kInvalid, "reason"));
  EXPECT_THAT(change(OrderStatus::kPending, CancelOrder{std::string(500, 'x')}), is_ok());
}

TEST_F(OrderTest, ChangesWithoutAStateAreIgnoredByEvolve) {
  std::optional<OrderState> state;
  for (const OrderEvent& event :
       {OrderEvent(OrderConfirmed{}), OrderEvent(OrderCancelled{"x"}), OrderEvent(OrderPaid{}),
        OrderEvent(OrderShipped{}), OrderEvent(OrderDelivered{})}) {
    evolve(state, event);
    EXPECT_FALSE(state.has_value());
  }
}

TEST_F(OrderTest, ReferencesAreTheUserAndEveryProduct) {
  const auto keys = references_of(OrderCommand(create_));
  EXPECT_EQ(keys, (std::vector<StreamKey>{user_key(1), product_key(1), product_key(2)}));
  EXPECT_TRUE(references_of(confirm_).empty());
}

TEST_F(OrderTest, StatusNamesReadBack) {
  for (const auto status : kStatuses) {
    EXPECT_EQ(parse_status(status_name(status)), status);
  }
  EXPECT_EQ(parse_status("pending"), std::nullopt);
}

}  // namespace
}  // namespace cqrs
