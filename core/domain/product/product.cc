#include "core/domain/product/product.h"

#include "core/domain/validation.h"

namespace cqrs {
namespace {

using Events = std::vector<ProductEvent>;

Status check_fields(const ProductState& product) {
  CQRS_TRY(check_text("name", product.name, 1, limits::kNameMax));
  CQRS_TRY(check_text("description", product.description, 0, limits::kDescriptionMax, true));
  if (product.price < Money{0} || product.price > kMaxPrice) {
    return invalid("price", "price must be between 0 and " + to_string(kMaxPrice));
  }
  return {};
}

void apply(ProductState& product, const UpdateProduct& changes) {
  if (changes.name.present) product.name = changes.name.value.value_or(std::string());
  if (changes.description.present) {
    product.description = changes.description.value.value_or(std::string());
  }
}

struct Decision {
  const ProductState* state;

  Result<Events> operator()(const CreateProduct& command) const {
    if (state != nullptr) {
      return make_error(ErrorCode::kAlreadyExists, "a product with this id exists already", "id");
    }
    ProductState product{command.name, command.description, command.price, true};
    CQRS_TRY(check_fields(product));
    return Events{ProductCreated{std::move(product)}};
  }

  Result<Events> operator()(const UpdateProduct& command) const {
    if (state == nullptr) return missing();
    ProductState after = *state;
    apply(after, command);
    CQRS_TRY(check_fields(after));
    UpdateProduct changes = command;
    if (after.name == state->name) changes.name = {};
    if (after.description == state->description) changes.description = {};
    if (changes == UpdateProduct{}) return Events{};
    return Events{ProductUpdated{std::move(changes)}};
  }

  Result<Events> operator()(const ChangePrice& command) const {
    if (state == nullptr) return missing();
    ProductState after = *state;
    after.price = command.price;
    CQRS_TRY(check_fields(after));
    if (after.price == state->price) return Events{};
    if (!state->active) {
      return make_error(ErrorCode::kVersionConflict,
                        "the price of an inactive product cannot be changed: activate it first",
                        "isActive");
    }
    return Events{ProductPriceChanged{state->price, command.price}};
  }

  Result<Events> operator()(const DeactivateProduct& /*command*/) const {
    if (state == nullptr) return missing();
    return state->active ? Events{ProductDeactivated{}} : Events{};
  }

  Result<Events> operator()(const ActivateProduct& /*command*/) const {
    if (state == nullptr) return missing();
    return state->active ? Events{} : Events{ProductActivated{}};
  }

  Result<Events> operator()(const DeleteProduct& /*command*/) const {
    if (state == nullptr) return missing();
    return Events{ProductDeleted{}};
  }

  static Error missing() {
    return make_error(ErrorCode::kNotFound, "no product has this id", "id");
  }
};

struct Evolution {
  std::optional<ProductState>& state;

  void operator()(const ProductCreated& event) const { state = event.product; }
  void operator()(const ProductUpdated& event) const {
    if (state) apply(*state, event.changes);
  }
  void operator()(const ProductPriceChanged& event) const {
    if (state) state->price = event.to;
  }
  void operator()(const ProductDeactivated& /*event*/) const { set_active(false); }
  void operator()(const ProductActivated& /*event*/) const { set_active(true); }
  void operator()(const ProductDeleted& /*event*/) const { state.reset(); }

  void set_active(bool active) const {
    if (state) state->active = active;
  }
};

}  // namespace

Result<Events> decide(const ProductState* state, const ProductCommand& command) {
  return std::visit(Decision{state}, command);
}

void evolve(std::optional<ProductState>& state, const ProductEvent& event) {
  std::visit(Evolution{state}, event);
}

void append_canonical(DigestBuilder& digest, const ProductState& state) {
  digest.text(state.name);
  digest.text(state.description);
  digest.money(state.price);
  digest.boolean(state.active);
}

}  // namespace cqrs
