// Lists as clients ask for them and get them: by cursor or by page number. A cursor belongs to one
// generation of the views and to one order.
#pragma once

#include "core/base/result.h"
#include "core/read/read_store.h"

#include <string>
#include <string_view>

namespace cqrs {

inline constexpr std::size_t kPageMax = 200;
inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kNumberedPageMax = 100;
inline constexpr std::size_t kNumberedPageDefault = 20;
// Rows before a numbered page; every one of them is found and thrown away.
inline constexpr std::size_t kOffsetMax = 10'000;

struct PageRequest {
  std::size_t limit = kPageDefault;
  Uuid after;
};

// "g3-<uuid>". Error kInvalid: malformed, of another generation, or of a sorted list (start again
// from the first page).
[[nodiscard]] Result<Uuid> parse_page_cursor(std::string_view text, int generation);

struct RenderedList {
  std::string body;
  bool parked = false;  // events of an item are parked
};

// {"items":[…],"nextCursor":"…"|null}, by id.
[[nodiscard]] Result<RenderedList> list_body(ReadStore& store, Kind kind, const PageRequest& page,
                                             int generation);

// A list in an order of its own, or of what a search found.
struct ListRequest {
  ListQuery query;  // its limit and offset follow from the fields below
  bool numbered = false;
  std::size_t page = 0;  // numbered: from 0
  std::size_t size = kNumberedPageDefault;
  std::string cursor;  // not numbered: as the client sent it
};

// Numbered: {"items":[…],"totalCount":N,"totalPages":N,"page":N,"size":N,"hasMore":true|false};
// otherwise as list_body(). Errors: kInvalid as parse_page_cursor(), also for a cursor of another
// sort or order.
[[nodiscard]] Result<RenderedList> render_list(ReadStore& store, const ListRequest& request,
                                               int generation);

// The names that clients use: "createdAt", "name", "email", "price", "relevance".
[[nodiscard]] std::string_view sort_name(SortKey sort);

}  // namespace cqrs
