#include "cli/load/op_source.h"

#include <algorithm>

namespace cqrs::load {
namespace {

// Reads that find no data of before choose among so many of the latest.
constexpr std::size_t kSeenMost = 65'536;
// What is made faster than it is used up is not all remembered.
constexpr std::size_t kPoolMost = 1'000'000;

}  // namespace

std::optional<std::uint64_t> OwnEntities::take_from(Kind kind, State state) {
  Pool& from = pool(kind, state);
  if (from.empty()) return std::nullopt;
  const std::uint64_t index = from.front();
  from.pop_front();
  return index;
}

std::optional<std::uint64_t> OwnEntities::take_pending() {
  if (auto made = take_from(Kind::kOrder, kPending)) return made;
  if (pending_next_ >= pending_end_) return std::nullopt;
  const std::uint64_t index = pending_next_;
  pending_next_ += pending_step_;
  return index;
}

std::optional<std::uint64_t> OwnEntities::take(Operation operation) {
  const Kind kind = info_of(operation).kind;
  switch (operation) {
    case Operation::kActivateUser:
    case Operation::kActivateProduct:
      return take_from(kind, kInactive);
    case Operation::kConfirmOrder:
    case Operation::kCancelOrder:
      return take_pending();
    case Operation::kPayOrder:
      return take_from(kind, kConfirmed);
    case Operation::kShipOrder:
      return take_from(kind, kPaid);
    case Operation::kDeliverOrder:
      return take_from(kind, kShipped);
    default:
      return take_from(kind, kActive);
  }
}

void OwnEntities::put(Operation operation, std::uint64_t index) {
  const Kind kind = info_of(operation).kind;
  State next = kStates;
  switch (operation) {
    case Operation::kCreateUser:
    case Operation::kCreateProduct:
      remember(kind, index);
      next = kActive;
      break;
    case Operation::kActivateUser:
    case Operation::kActivateProduct:
      next = kActive;
      break;
    case Operation::kDeactivateUser:
    case Operation::kDeactivateProduct:
      next = kInactive;
      break;
    case Operation::kCreateOrder:
      remember(kind, index);
      next = kPending;
      break;
    case Operation::kConfirmOrder:
      next = kConfirmed;
      break;
    case Operation::kPayOrder:
      next = kPaid;
      break;
    case Operation::kShipOrder:
      next = kShipped;
      break;
    case Operation::kDeleteUser:
    case Operation::kDeleteProduct:
      return forget(kind, index);
    default:
      return;
  }
  Pool& to = pool(kind, next);
  if (to.size() < kPoolMost) to.push_back(index);
}

void OwnEntities::add_pending_orders(std::uint64_t index, std::uint64_t step, std::uint64_t end) {
  pending_next_ = index;
  pending_step_ = step;
  pending_end_ = end;
}

void OwnEntities::remember(Kind kind, std::uint64_t index) {
  auto& seen = seen_[kind_index(kind)];
  if (seen.size() < kSeenMost) {
    seen.push_back(index);
    return;
  }
  std::size_t& at = seen_at_[kind_index(kind)];
  at = (at + 1) % kSeenMost;
  seen[at] = index;
}

void OwnEntities::forget(Kind kind, std::uint64_t index) {
  auto& seen = seen_[kind_index(kind)];
  const auto found = std::find(seen.begin(), seen.end(), index);
  if (found == seen.end()) return;
  *found = seen.back();
  seen.pop_back();
}

std::optional<std::uint64_t> OwnEntities::any(Kind kind, std::uint64_t bits) const {
  const auto& seen = seen_[kind_index(kind)];
  if (seen.empty()) return std::nullopt;
  return seen[bits % seen.size()];
}

}  // namespace cqrs::load
