// How texts are cut into words, for the index and for what people type alike: letters and digits in
// lower case, Latin letters without diacritics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cqrs::redis {

// In order of the text, as often as they occur.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace cqrs::redis
