// Limits and checks of field values; the same on the write side and in the workload that feeds it.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs::limits {

inline constexpr std::size_t kNameMax = 200;   // characters
inline constexpr std::size_t kEmailMax = 254;  // bytes, RFC 5321
inline constexpr std::size_t kNicknameMin = 3;
inline constexpr std::size_t kNicknameMax = 40;
inline constexpr std::size_t kAddressMax = 2'000;      // bytes of JSON
inline constexpr std::size_t kAvatarMax = 500;         // bytes
inline constexpr std::size_t kDescriptionMax = 5'000;  // characters
inline constexpr std::size_t kReasonMax = 500;         // characters
inline constexpr std::size_t kOrderLinesMax = 100;
inline constexpr std::int64_t kQuantityMax = 10'000;

}  // namespace cqrs::limits

namespace cqrs {

// Free text of min..max Unicode characters without control characters (tab and line breaks are
// allowed where `multiline`). `text` is valid UTF-8 already.
[[nodiscard]] Status check_text(std::string_view field, std::string_view text, std::size_t min,
                                std::size_t max, bool multiline = false);
// One '@', a non-empty local part, a domain with a dot, no blanks; ASCII.
[[nodiscard]] Status check_email(std::string_view text);
[[nodiscard]] Status check_nickname(std::string_view text);
// E.164: '+' and 7 to 15 digits.
[[nodiscard]] Status check_phone(std::string_view text);
// http:// or https://, without blanks.
[[nodiscard]] Status check_avatar(std::string_view text);
// ASCII only; other bytes stay.
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace cqrs
