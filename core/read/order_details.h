// Orders with their users and products, joined when they are read. What the views do not (yet) know
// is null beside its id: order across aggregates is not promised.
#pragma once

#include "core/base/result.h"
#include "core/read/read_store.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cqrs {

struct OrderDetails {
  ViewRow order;                  // as it stands in the view, but for its body
  std::string body;               // with "user" and, in every item, "product"
  std::vector<StreamKey> joined;  // the user first, then the product of each item
};

// One entry per row of `orders`, in order; nothing for a row that is not there or deleted. One read
// of the store for all of them. Errors also: corrupt when a body does not tell its ids.
[[nodiscard]] Result<std::vector<std::optional<OrderDetails>>> order_details(
    ReadStore& store, std::vector<std::optional<ViewRow>> orders);

}  // namespace cqrs
