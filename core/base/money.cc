#include "core/base/money.h"

#include <charconv>

namespace cqrs {
namespace {

// A decimal token split into its digits (without the point) and the power of ten they stand at.
struct Decimal {
  std::string digits;
  long exponent = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool read_decimal(std::string_view token, Decimal& out) {
  std::size_t at = 0;
  bool after_point = false;
  for (; at < token.size() && (is_digit(token[at]) || token[at] == '.'); ++at) {
    if (token[at] == '.') {
      if (after_point) return false;
      after_point = true;
      continue;
    }
    out.digits += token[at];
    if (after_point) --out.exponent;
  }
  if (out.digits.empty()) return false;
  if (at == token.size()) return true;
  if (token[at] != 'e' && token[at] != 'E') return false;
  ++at;
  const bool negative = at < token.size() && token[at] == '-';
  if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
  if (at == token.size() || !is_digit(token[at])) return false;
  long power = 0;
  const auto* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data() + at, end, power);
  if (stop != end) return false;
  // An absurd exponent is far outside every limit, or stands at zero; capped so that nothing
  // overflows.
  constexpr long kAbsurd = 1'000'000'000;
  if (error == std::errc::result_out_of_range || power > kAbsurd) power = kAbsurd;
  out.exponent += negative ? -power : power;
  return true;
}

Error bad(std::string_view field, const char* what) {
  return invalid(std::string(field), std::string(field) + what);
}

}  // namespace

Result<Money> parse_money(std::string_view token, std::string_view field, Money max) {
  if (!token.empty() && token.front() == '-') {
    return bad(field, " must not be negative: send 0 or more");
  }
  Decimal decimal;
  if (!read_decimal(token, decimal)) return bad(field, " must be a number like 17.35");
  while (!decimal.digits.empty() && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
    ++decimal.exponent;
  }
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
  if (decimal.digits.empty()) return Money{0};
  if (decimal.exponent < -2) {
    return bad(field, " has more than 2 decimals: round it to hundredths, e.g. 17.35");
  }
  constexpr std::size_t kMaxDigits = 18;  // always fit an int64
  const auto places = decimal.digits.size() + static_cast<std::size_t>(decimal.exponent + 2);
  std::int64_t minor = 0;
  if (decimal.exponent <= 1'000 && places <= kMaxDigits) {
    decimal.digits.append(static_cast<std::size_t>(decimal.exponent + 2), '0');
    std::from_chars(decimal.digits.data(), decimal.digits.data() + decimal.digits.size(), minor);
  }
  if (minor == 0 || minor > max.minor) {
    return invalid(std::string(field),
                   std::string(field) + " is above the limit of " + to_string(max));
  }
  return Money{minor};
}

void append_money(std::string& out, Money amount) {
  out += std::to_string(amount.minor / 100);
  const auto cents = amount.minor % 100;
  out += '.';
  out += static_cast<char>('0' + cents / 10);
  out += static_cast<char>('0' + cents % 10);
}

std::string to_string(Money amount) {
  std::string out;
  append_money(out, amount);
  return out;
}

}  // namespace cqrs
