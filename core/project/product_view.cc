#include "core/project/view_body.h"

namespace cqrs {

void append_view_fields(JsonObject& body, std::string& /*out*/, const ProductState& product) {
  body.text("name", product.name).text("description", product.description);
  body.raw("price", to_string(product.price)).boolean("isActive", product.active);
}

ProductState read_product_view(ObjectReader& reader) {
  ProductState product;
  product.name = reader.text("name");
  product.description = reader.text("description");
  product.price = reader.money("price");
  product.active = reader.boolean("isActive");
  return product;
}

}  // namespace cqrs
