// How texts are cut into the words that a search finds, for stores that index words as they are
// given. A server's own rules are not used: their stemming and stop words would find other rows
// than the other stores do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// Letters and digits of any script, in lower case and without diacritics as far as Latin, Greek and
// Cyrillic go; in the order of the text. What is no UTF-8 parts words.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace cqrs
