// Percent-decoding for request targets, shared by the parser (paths) and query_value().
#pragma once

#include <string>
#include <string_view>

namespace cqrs::http {

[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Appends the decoded text to `out`; false when an escape is malformed. `plus_is_space` is the rule
// of queries, not of paths.
[[nodiscard]] inline bool percent_decode(std::string_view text, bool plus_is_space,
                                         std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && c == '+' ? ' ' : c;
    }
  }
  return true;
}

}  // namespace cqrs::http
