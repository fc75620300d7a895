#include "core/workload/operation.h"

#include <algorithm>

namespace cqrs {
namespace {

using enum Operation;
using enum OperationTarget;
constexpr Kind kUser = Kind::kUser;
constexpr Kind kProduct = Kind::kProduct;
constexpr Kind kOrder = Kind::kOrder;

// clang-format off
constexpr std::array<OperationInfo, kOperations> kTable{{
    {kCreateUser, "create_user", kUser, true, kFresh},
    {kUpdateUser, "update_user", kUser, true, kChosen},
    {kDeactivateUser, "deactivate_user", kUser, true, kOwn},
    {kActivateUser, "activate_user", kUser, true, kOwn},
    {kDeleteUser, "delete_user", kUser, true, kOwn},
    {kCreateProduct, "create_product", kProduct, true, kFresh},
    {kUpdateProduct, "update_product", kProduct, true, kChosen},
    {kChangePrice, "change_price", kProduct, true, kChosen},
    {kDeactivateProduct, "deactivate_product", kProduct, true, kOwn},
    {kActivateProduct, "activate_product", kProduct, true, kOwn},
    {kDeleteProduct, "delete_product", kProduct, true, kOwn},
    {kCreateOrder, "create_order", kOrder, true, kFresh},
    {kConfirmOrder, "confirm_order", kOrder, true, kOwn},
    {kCancelOrder, "cancel_order", kOrder, true, kOwn},
    {kPayOrder, "pay_order", kOrder, true, kOwn},
    {kShipOrder, "ship_order", kOrder, true, kOwn},
    {kDeliverOrder, "deliver_order", kOrder, true, kOwn},
    {kGetUser, "get_user", kUser, false, kChosen},
    {kGetProduct, "get_product", kProduct, false, kChosen},
    {kGetOrder, "get_order", kOrder, false, kChosen},
    {kListUsers, "list_users", kUser, false, kNone},
    {kListProducts, "list_products", kProduct, false, kNone},
    {kListOrders, "list_orders", kOrder, false, kNone},
    {kSearchUsers, "search_users", kUser, false, kNone},
    {kSearchProducts, "search_products", kProduct, false, kNone},
}};
// clang-format on

}  // namespace

const std::array<OperationInfo, kOperations>& all_operations() { return kTable; }

const OperationInfo& info_of(Operation operation) { return kTable.at(operation_index(operation)); }

std::optional<Operation> find_operation(std::string_view name) {
  const auto* const found = std::find_if(kTable.begin(), kTable.end(),
                                         [name](const auto& info) { return info.name == name; });
  if (found == kTable.end()) return std::nullopt;
  return found->operation;
}

std::optional<Operation> operation_from_number(std::int64_t number) {
  if (number < 1 || number > static_cast<std::int64_t>(kOperations)) return std::nullopt;
  return static_cast<Operation>(number);
}

Operation creation_of(Kind kind) {
  return kind == kUser ? kCreateUser : kind == kProduct ? kCreateProduct : kCreateOrder;
}

}  // namespace cqrs
