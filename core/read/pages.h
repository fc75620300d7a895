// Pages of a list: a cursor that belongs to one generation of the views, and the body clients get.
#pragma once

#include "core/base/result.h"
#include "core/read/read_store.h"

#include <string>
#include <string_view>

namespace cqrs {

inline constexpr std::size_t kPageMax = 200;
inline constexpr std::size_t kPageDefault = 50;

struct PageRequest {
  std::size_t limit = kPageDefault;
  Uuid after;
};

// "g3-<uuid>". Error kInvalid: malformed, or of another generation (start again from the first
// page).
[[nodiscard]] Result<Uuid> parse_page_cursor(std::string_view text, int generation);

// {"items":[…],"nextCursor":"…"|null}
[[nodiscard]] Result<std::string> list_body(ReadStore& store, Kind kind, const PageRequest& page,
                                            int generation);

}  // namespace cqrs
