// A claim: a value that at most one entity may hold at a time, such as a user's e-mail address.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cqrs {

// The numbers are stored; never renumber.
enum class ClaimField : std::uint8_t { kUserEmail = 1, kUserNickname = 2, kUserPhone = 3 };

// The input field that an `already_exists` error names.
[[nodiscard]] constexpr std::string_view claim_field_name(ClaimField field) {
  switch (field) {
    case ClaimField::kUserEmail:
      return "email";
    case ClaimField::kUserNickname:
      return "nickname";
    case ClaimField::kUserPhone:
      return "phone";
  }
  return "unknown";
}

struct Claim {
  ClaimField field = ClaimField::kUserEmail;
  std::string value;  // normalised: e-mail and nickname in lower case
  friend auto operator<=>(const Claim&, const Claim&) = default;
};

}  // namespace cqrs

template <>
struct std::hash<cqrs::Claim> {
  std::size_t operator()(const cqrs::Claim& claim) const noexcept {
    return std::hash<std::string>()(claim.value) * 31 + static_cast<std::size_t>(claim.field);
  }
};
