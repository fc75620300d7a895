// Numbers with units as thresholds and scenarios have them: "250ms", "1.5m", "99%". Pure text in,
// number out; the caller has the words for what is wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

struct Quantity {
  double value = 0;
  std::string_view unit;  // what stands behind the number; may be empty
};

// A decimal number, and what follows it. Nothing when there is no finite number at the start, or
// something stands before it.
[[nodiscard]] std::optional<Quantity> split_quantity(std::string_view text);

// "250us", "250ms", "10s", "5m", "1h": to the microsecond. Nothing without a unit, below 0 or above
// 1,000 hours.
[[nodiscard]] std::optional<std::chrono::microseconds> parse_time(std::string_view text);
// The shortest text that parse_time() turns into the same again: "90s", "1500ms".
[[nodiscard]] std::string time_text(std::chrono::microseconds time);

// "42", "300k", "1.5m": whole numbers.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text);

// Without an exponent and without zeros at the end, at most `decimals` digits behind the point.
[[nodiscard]] std::string number_text(double value, int decimals = 6);
// "12,345".
[[nodiscard]] std::string grouped_text(std::uint64_t number);

}  // namespace cqrs
