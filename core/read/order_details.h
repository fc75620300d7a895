// An order with its user and products, joined when it is read. What the views do not (yet) know is
// null beside its id: order across aggregates is not promised.
#pragma once

#include "core/base/result.h"
#include "core/read/read_store.h"

#include <optional>
#include <string>

namespace cqrs {

struct OrderDetails {
  ViewRow order;     // as it stands in the view
  std::string body;  // with "user" and, in every item, "product"
};

// Nothing when there is no such order, or it was deleted.
[[nodiscard]] Result<std::optional<OrderDetails>> order_details(ReadStore& store, const Uuid& id);

}  // namespace cqrs
