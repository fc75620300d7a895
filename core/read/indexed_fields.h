// What lists and searches need to know of a row, read out of its body: the words that are found and
// the keys that are sorted by. Both sides of the views use it, so that an index can be checked
// against the rows it was made from.
#pragma once

#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/uuid.h"
#include "core/domain/stream_key.h"

#include <array>
#include <string>
#include <string_view>

namespace cqrs {

// Empty where the kind has no such field.
struct IndexedFields {
  std::string name;
  std::string email;
  std::string nickname;
  std::string description;
  std::string status;
  Uuid user;  // of an order
  Money price;
  bool active = true;
  friend bool operator==(const IndexedFields&, const IndexedFields&) = default;
};

// Error: corrupt, naming the field.
[[nodiscard]] Result<IndexedFields> indexed_fields(Kind kind, std::string_view body);

// What a search looks through, the weightiest first: name and description of a product; name,
// e-mail and nickname of a user. Orders have no text.
[[nodiscard]] std::array<std::string_view, 3> searched_texts(Kind kind,
                                                             const IndexedFields& fields);

// How names are sorted: ASCII letters without case, everything else by code point.
[[nodiscard]] std::string sort_key(std::string_view name);

}  // namespace cqrs
