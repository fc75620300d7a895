// A question for many rows of one kind: which, in what order, from where.
#pragma once

#include "core/read/view_row.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

enum class SortKey : std::uint8_t {
  kCreatedAt,
  kName,       // users, products; as sort_key() has it
  kEmail,      // users
  kPrice,      // products
  kRelevance,  // products with words: the best match first
};

// The place of a row in a sorted list. Equal keys stand in order of id.
struct SortPlace {
  std::string text;         // kName, kEmail
  std::int64_t number = 0;  // kCreatedAt: microseconds; kPrice: hundredths
  Uuid id;
  friend bool operator==(const SortPlace&, const SortPlace&) = default;
};

struct ListQuery {
  Kind kind = Kind::kProduct;
  // What people typed, nothing of it is syntax. Every word must occur in a row (in whatever case,
  // with or without diacritics), the last one also as the beginning of a longer one. Empty: all
  // rows. Users and products only.
  std::string words;
  std::optional<bool> active;  // users, products
  std::optional<Uuid> user;    // orders
  std::string status;          // orders; empty: every one
  SortKey sort = SortKey::kCreatedAt;
  bool descending = false;         // not with kRelevance
  std::optional<SortPlace> after;  // not with kRelevance
  std::size_t offset = 0;
  std::size_t limit = 20;
};

struct Listed {
  std::vector<ViewRow> rows;      // none that is deleted
  std::vector<SortPlace> places;  // of each row; `after` of a page that goes on behind it
};

}  // namespace cqrs
