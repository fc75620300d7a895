// The JSON shapes that states and event data share. Used by codec.cc only; nothing else writes
// stored JSON.
#pragma once

#include "core/base/json.h"
#include "core/base/object_reader.h"
#include "core/domain/aggregate.h"

#include <string>

namespace cqrs::fields {

void append(std::string& out, const UserState& user);
void append(std::string& out, const UpdateUser& changes);
void append(std::string& out, const ProductState& product);
void append(std::string& out, const UpdateProduct& changes);
void append(std::string& out, const OrderState& order);

// Problems are kept in the reader.
[[nodiscard]] UserState read_user(ObjectReader& reader);
[[nodiscard]] UpdateUser read_user_update(ObjectReader& reader);
[[nodiscard]] ProductState read_product(ObjectReader& reader);
[[nodiscard]] UpdateProduct read_product_update(ObjectReader& reader);
[[nodiscard]] OrderState read_order(ObjectReader& reader);

}  // namespace cqrs::fields
