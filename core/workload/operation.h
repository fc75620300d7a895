// What a load can do to a system: every command and query by its name, and what it needs to find
// there. The names are those of /v1/commands:batch, and of --mix and scenarios.
#pragma once

#include "core/domain/stream_key.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cqrs {

// The numbers are stored in ledgers; never renumber.
enum class Operation : std::uint8_t {
  kCreateUser = 1,
  kUpdateUser = 2,
  kDeactivateUser = 3,
  kActivateUser = 4,
  kDeleteUser = 5,
  kCreateProduct = 6,
  kUpdateProduct = 7,
  kChangePrice = 8,
  kDeactivateProduct = 9,
  kActivateProduct = 10,
  kDeleteProduct = 11,
  kCreateOrder = 12,
  kConfirmOrder = 13,
  kCancelOrder = 14,
  kPayOrder = 15,
  kShipOrder = 16,
  kDeliverOrder = 17,
  kGetUser = 18,
  kGetProduct = 19,
  kGetOrder = 20,
  kListUsers = 21,
  kListProducts = 22,
  kListOrders = 23,
  kSearchUsers = 24,
  kSearchProducts = 25,
};
inline constexpr std::size_t kOperations = 25;

// Where the entity comes from that an operation is about.
enum class OperationTarget : std::uint8_t {
  kFresh,   // a new one
  kChosen,  // any that was there before the run, by the scenario's skew
  kOwn,   // one that this run made (or an order that was there), each in its turn: what is done to
          // it depends on its state, so nobody else may touch it meanwhile
  kNone,  // lists and searches
};

struct OperationInfo {
  Operation operation = Operation::kCreateUser;
  std::string_view name;
  Kind kind = Kind::kUser;
  bool command = false;  // else a query
  OperationTarget target = OperationTarget::kNone;
};

// All of them, in order of their numbers.
[[nodiscard]] const std::array<OperationInfo, kOperations>& all_operations();
[[nodiscard]] const OperationInfo& info_of(Operation operation);
// A slot per operation in small tables.
[[nodiscard]] constexpr std::size_t operation_index(Operation operation) {
  return static_cast<std::size_t>(operation) - 1;
}
[[nodiscard]] std::optional<Operation> find_operation(std::string_view name);
[[nodiscard]] std::optional<Operation> operation_from_number(std::int64_t number);
// "create_user": what is sent instead of an operation of this kind that finds no entity to act on.
[[nodiscard]] Operation creation_of(Kind kind);

}  // namespace cqrs
