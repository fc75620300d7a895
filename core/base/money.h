// Exact money: an integer count of minor units (hundredths). Amounts are read from the text of the
// JSON number, never through a double, so 17.35 is 1735 and 0.1 is 10.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

struct Money {
  std::int64_t minor = 0;
  friend auto operator<=>(const Money&, const Money&) = default;
};

// The largest price that is accepted: 1,000,000,000.00. With at most 100 lines of at most 10,000
// pieces an order's total stays far below the range of int64.
inline constexpr Money kMaxPrice{100'000'000'000};
inline constexpr Money kMaxTotal{kMaxPrice.minor * 100 * 10'000};

// Reads a JSON number token ("17.35", "20", "1.5e2"). Errors (kInvalid, on `field`): negative, more
// than two decimals that are not zero, above `max`, or not a number.
[[nodiscard]] Result<Money> parse_money(std::string_view token, std::string_view field,
                                        Money max = kMaxPrice);

// "17.35", always with two decimals.
void append_money(std::string& out, Money amount);
[[nodiscard]] std::string to_string(Money amount);

}  // namespace cqrs
