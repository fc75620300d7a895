// The JSON body of a view row, written and read back: what clients get is what verify recomputes
// the digest from. One file per view: user_view.cc, product_view.cc, order_view.cc.
#pragma once

#include "core/base/json.h"
#include "core/base/object_reader.h"
#include "core/domain/aggregate.h"
#include "core/read/view_row.h"

#include <string>

namespace cqrs {

// Fills `row.body`, `row.deleted` and `row.digest` from the state; key, version and times are set
// already.
void render_view(ViewRow& row, const State& state);
// The same for what a deletion leaves: no body, and a digest that tombstones count with.
void render_tombstone(ViewRow& row);

struct ParsedView {
  StreamKey key;
  std::int64_t version = 0;
  State state;
};
// Reads a body back. Error: corrupt, with the field.
[[nodiscard]] Result<ParsedView> parse_view(Kind kind, std::string_view body);

// The parts of one view each; internal to render_view and parse_view.
void append_view_fields(JsonObject& body, std::string& out, const UserState& user);
void append_view_fields(JsonObject& body, std::string& out, const ProductState& product);
void append_view_fields(JsonObject& body, std::string& out, const OrderState& order);
[[nodiscard]] UserState read_user_view(ObjectReader& reader);
[[nodiscard]] ProductState read_product_view(ObjectReader& reader);
[[nodiscard]] OrderState read_order_view(ObjectReader& reader);

}  // namespace cqrs
