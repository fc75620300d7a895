// The word that was probably meant: for errors about names that do not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// The one of `words` that a slip of the keys makes `word`; empty when none is that close.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& words);

// "did you mean create_order?", or "there are: a, b, c" when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& words);

// "a, b, c".
[[nodiscard]] std::string listed(const std::vector<std::string_view>& words);

}  // namespace cqrs
