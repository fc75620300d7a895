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
    return Events{ProductPriceChanged{command.price}};
  }

  static Error missing() {
    return make_error(ErrorCode::kNotFound, "no product has this id", "id");
  }
};

}  // namespace

Result<Events> decide(const ProductState* state, const ProductCommand& command) {
  return std::visit(Decision{state}, command);
}

void evolve(std::optional<ProductState>& state, const ProductEvent& event) {
  if (const auto* created = std::get_if<ProductCreated>(&event)) {
    state = created->product;
  } else if (!state) {
    return;
  } else if (const auto* updated = std::get_if<ProductUpdated>(&event)) {
    apply(*state, updated->changes);
  } else {
    state->price = std::get<ProductPriceChanged>(event).price;
  }
}

void append_canonical(DigestBuilder& digest, const ProductState& state) {
  digest.text(state.name);
  digest.text(state.description);
  digest.money(state.price);
  digest.boolean(state.active);
}

}  // namespace cqrs
