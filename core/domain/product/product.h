// The product aggregate as a pure Decider.
#pragma once

#include "core/base/digest.h"
#include "core/base/money.h"
#include "core/base/patch.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cqrs {

struct ProductState {
  std::string name;
  std::string description;
  Money price;
  bool active = true;
  friend bool operator==(const ProductState&, const ProductState&) = default;
};

struct CreateProduct {
  std::string name;
  std::string description;
  Money price;
};
// Absent fields stay; a null description clears it.
struct UpdateProduct {
  Patch<std::string> name, description;
  friend bool operator==(const UpdateProduct&, const UpdateProduct&) = default;
};
struct ChangePrice {
  Money price;
};
// An inactive product can be renamed and described, but neither ordered nor repriced.
struct DeactivateProduct {};
struct ActivateProduct {};
// Leaves a tombstone: the id can never be used again.
struct DeleteProduct {};

struct ProductCreated {
  ProductState product;
};
struct ProductUpdated {
  UpdateProduct changes;
};
struct ProductPriceChanged {
  std::optional<Money> from;  // unknown in events of the first schema version
  Money to;
};
struct ProductDeactivated {};
struct ProductActivated {};
struct ProductDeleted {};

using ProductCommand = std::variant<CreateProduct, UpdateProduct, ChangePrice, DeactivateProduct,
                                    ActivateProduct, DeleteProduct>;
using ProductEvent = std::variant<ProductCreated, ProductUpdated, ProductPriceChanged,
                                  ProductDeactivated, ProductActivated, ProductDeleted>;

// Errors: already_exists, not_found, invalid (the field is named), version_conflict (another price
// for an inactive product). A change to the same value gives no event.
[[nodiscard]] Result<std::vector<ProductEvent>> decide(const ProductState* state,
                                                       const ProductCommand& command);
// A deletion leaves no state.
void evolve(std::optional<ProductState>& state, const ProductEvent& event);
void append_canonical(DigestBuilder& digest, const ProductState& state);

}  // namespace cqrs
