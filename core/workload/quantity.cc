#include "core/workload/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace cqrs {
namespace {

constexpr double kMostMicros = 1'000 * 3.6e9;
constexpr double kMostWhole = 9e15;  // below it every whole number is a double

constexpr std::array<std::pair<std::string_view, double>, 5> kTimes{
    {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}}};

}  // namespace

std::optional<Quantity> split_quantity(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return Quantity{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<std::chrono::microseconds> parse_time(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity) return std::nullopt;
  for (const auto& [unit, micros] : kTimes) {
    if (unit != quantity->unit) continue;
    const double time = quantity->value * micros;
    if (time < 0 || time > kMostMicros) return std::nullopt;
    return std::chrono::microseconds(std::llround(time));
  }
  return std::nullopt;
}

std::string time_text(std::chrono::microseconds time) {
  const auto micros = time.count();
  if (micros % 1'000 != 0) return std::to_string(micros) + "us";
  if (micros % 1'000'000 != 0) return std::to_string(micros / 1'000) + "ms";
  return std::to_string(micros / 1'000'000) + "s";
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity) return std::nullopt;
  const double scale = quantity->unit.empty()                           ? 1
                       : quantity->unit == "k" || quantity->unit == "K" ? 1e3
                       : quantity->unit == "m" || quantity->unit == "M" ? 1e6
                                                                        : 0;
  const double value = quantity->value * scale;
  if (scale == 0 || value < 0 || value > kMostWhole || value != std::floor(value)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

std::string number_text(double value, int decimals) {
  std::array<char, 400> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, decimals);
  if (error != std::errc()) return "?";
  std::string_view shown(text.data(), static_cast<std::size_t>(end - text.data()));
  if (shown.find('.') != std::string_view::npos) {
    while (shown.ends_with('0')) shown.remove_suffix(1);
    if (shown.ends_with('.')) shown.remove_suffix(1);
  }
  return shown == "-0" ? "0" : std::string(shown);
}

std::string grouped_text(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace cqrs
