// What an operation says and leaves behind: a pure function of its number, and a mark that tells it
// from every other.
#include "core/workload/op_values.h"

#include "core/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace cqrs {
namespace {

constexpr WorkloadShape kData{7, 20, 10, 5};

std::string body_of(const OpValues& values, const Op& op) {
  std::string body;
  values.append_body(body, op);
  return body;
}

std::string key_of(const OpValues& values, const Op& op) {
  std::string key;
  values.append_idempotency_key(key, op);
  return key;
}

Op op_of(const OpValues& values, Operation operation, std::uint64_t number) {
  const auto& info = info_of(operation);
  const bool fresh = info.target == OperationTarget::kFresh;
  return {number, operation, fresh ? values.fresh_index(info.kind, number) : 3};
}

TEST(OpValues, TheSameOperationSaysTheSameAgain) {
  const OpValues one(kData, {});
  const OpValues other(kData, {});
  for (const auto& info : all_operations()) {
    const Op op = op_of(one, info.operation, 12);
    EXPECT_EQ(body_of(one, op), body_of(other, op)) << info.name;
    EXPECT_EQ(key_of(one, op), key_of(other, op)) << info.name;
    if (info.command) {
      EXPECT_EQ(one.mark(op), other.mark(op)) << info.name;
    }
  }
}

TEST(OpValues, EveryBodyIsJsonOrEmpty) {
  const OpValues values(kData, {});
  for (const auto& info : all_operations()) {
    if (!info.command) continue;
    const std::string body = body_of(values, op_of(values, info.operation, 12));
    EXPECT_TRUE(body.empty() || parse_json(body)) << info.name << ": " << body;
  }
}

TEST(OpValues, KeysOfManyOperationsDiffer) {
  const OpValues values(kData, {});
  std::set<std::string> keys;
  for (std::uint64_t number = 0; number < 2'000; ++number) {
    keys.insert(key_of(values, op_of(values, Operation::kCreateUser, number)));
  }
  EXPECT_EQ(keys.size(), 2'000U);
}

// Two prices that are alike leave the same mark, rightly; names never are.
TEST(OpValues, CommandsOnOneEntityLeaveDifferentMarks) {
  const OpValues values(kData, {});
  for (const Operation operation :
       {Operation::kUpdateUser, Operation::kUpdateProduct, Operation::kCancelOrder}) {
    EXPECT_NE(values.mark(op_of(values, operation, 1)), values.mark(op_of(values, operation, 2)));
  }
}

TEST(OpValues, TheMarkIsThereWhateverElseTheEntityHas) {
  const OpValues values(kData, {});
  const Op op = op_of(values, Operation::kChangePrice, 9);
  ProductState product = std::get<ProductState>(*values.outcome(op));
  product.name = "Anything";
  product.active = false;
  EXPECT_EQ(mark_of(op.operation, values.target(op), State(product)), values.mark(op));
  product.price.minor += 1;
  EXPECT_NE(mark_of(op.operation, values.target(op), State(product)), values.mark(op));
  EXPECT_NE(mark_of(op.operation, values.target(op), std::nullopt), values.mark(op));
}

TEST(OpValues, APriceOfTheServersIsNotPartOfAnOrdersMark) {
  const OpValues values(kData, {});
  const Op op = op_of(values, Operation::kCreateOrder, 9);
  OrderState order = std::get<OrderState>(*values.outcome(op));
  for (auto& line : order.lines) line.unit_price.minor = 1'234;
  order.total = total_of(order.lines);
  EXPECT_EQ(mark_of(op.operation, values.target(op), State(order)), values.mark(op));
  order.lines.front().quantity += 1;
  EXPECT_NE(mark_of(op.operation, values.target(op), State(order)), values.mark(op));
}

TEST(OpValues, OrdersReferToWhatWasThereByItsSkew) {
  std::array<Skew, 3> skew;
  skew[kind_index(Kind::kProduct)].shape = Skew::Shape::kHotKeys;
  skew[kind_index(Kind::kProduct)].hot_keys = 1;
  skew[kind_index(Kind::kProduct)].hot_share = 0.9;
  const OpValues values(kData, skew);
  std::map<Uuid, int> chosen;
  for (std::uint64_t number = 0; number < 1'000; ++number) {
    const Op op = op_of(values, Operation::kCreateOrder, number);
    const auto order = std::get<OrderState>(*values.outcome(op));
    EXPECT_TRUE(values.generator().index_of(Kind::kUser, order.user).has_value());
    for (const auto& line : order.lines) ++chosen[line.product];
  }
  int most = 0;
  for (const auto& [product, times] : chosen) most = std::max(most, times);
  EXPECT_GT(most, 2'500);
}

}  // namespace
}  // namespace cqrs
