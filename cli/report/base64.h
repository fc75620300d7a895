// Base64 (RFC 4648, with padding), as HdrHistogram logs and our JSON carry bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

[[nodiscard]] std::string base64_of(std::string_view bytes);
// Nothing when `text` is no Base64: another character, or a length that is no multiple of 4.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace cqrs
