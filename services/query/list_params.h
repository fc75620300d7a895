// What a client asks of a list, read from the parameters of the URL.
#pragma once

#include "core/read/pages.h"

#include "services/chassis/http.h"

#include <optional>
#include <string>

namespace cqrs {

// A list by id without any wish is told apart, because it reads the rows and nothing else.
struct ListParams {
  std::optional<ListRequest> sorted;  // nothing: by id, with the two below
  std::size_t limit = kPageDefault;
  std::string cursor;
};

// Error kInvalid, naming the parameter: its value, a parameter that this kind of list does not
// have, or two that exclude each other.
[[nodiscard]] Result<ListParams> list_params(const http::Request& request, Kind kind);

// A whole number from `least` to `most`; `fallback` when the parameter is absent. Error kInvalid.
[[nodiscard]] Result<std::int64_t> number_param(const http::Request& request, const char* name,
                                                std::int64_t fallback, std::int64_t least,
                                                std::int64_t most);

}  // namespace cqrs
