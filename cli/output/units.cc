#include "cli/output/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace cqrs {
namespace {

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// A decimal number at the start of `text`; returns what follows it.
bool leading_number(std::string_view text, double& value, std::string_view& unit) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text, std::string_view option,
                                  std::uint64_t most) {
  double value = 0;
  std::string_view unit;
  double scale = 0;
  if (leading_number(text, value, unit)) {
    scale = unit.empty()                 ? 1
            : unit == "k" || unit == "K" ? 1e3
            : unit == "m" || unit == "M" ? 1e6
                                         : 0;
  }
  const double scaled = value * scale;
  const std::string name(option);
  if (scale == 0 || scaled < 0 || scaled != std::floor(scaled)) {
    return invalid(name, name + " must be a whole number like 20000, 300k or 1.5m, not \"" +
                             std::string(text.substr(0, 40)) + "\"");
  }
  if (scaled > static_cast<double>(most)) {
    return invalid(name, name + " is above the limit of " +
                             grouped(static_cast<std::int64_t>(most)) +
                             ": choose a smaller number");
  }
  return static_cast<std::uint64_t>(scaled);
}

Result<double> parse_rate(std::string_view text, std::string_view option, double most) {
  double value = 0;
  std::string_view unit;
  double scale = 0;
  if (leading_number(text, value, unit)) {
    if (unit.ends_with("/s")) unit.remove_suffix(2);
    scale = unit.empty() ? 1 : unit == "k" || unit == "K" ? 1e3 : 0;
  }
  const double rate = value * scale;
  const std::string name(option);
  if (scale == 0 || rate <= 0) {
    return invalid(name, name + " must be a rate above 0 like 500, 500/s or 20k/s, not \"" +
                             std::string(text.substr(0, 40)) + "\"");
  }
  if (rate > most) {
    return invalid(name, name + " is above the limit of " +
                             grouped(static_cast<std::int64_t>(most)) + "/s: choose a lower rate");
  }
  return rate;
}

Result<double> parse_share(std::string_view text, std::string_view option) {
  double value = 0;
  std::string_view unit;
  const bool number = leading_number(text, value, unit) && (unit.empty() || unit == "%");
  const double share = unit == "%" ? value / 100 : value;
  if (!number || share < 0 || share > 1) {
    const std::string name(option);
    return invalid(name, name + " must be a share like 99%, 99.5% or 0.99, not \"" +
                             std::string(text.substr(0, 40)) + "\"");
  }
  return share;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::string_view option) {
  double value = 0;
  std::string_view unit;
  double scale = 0;
  if (leading_number(text, value, unit)) {
    scale = unit == "ms" ? 1 : unit == "s" ? 1e3 : unit == "m" ? 6e4 : unit == "h" ? 3.6e6 : 0;
  }
  const double millis = value * scale;
  if (scale == 0 || millis < 0 || millis > 7 * 24 * 3.6e6) {
    const std::string name(option);
    return invalid(name, name +
                             " must be a duration like 250ms, 10s or 5m (at most 7 days), not \"" +
                             std::string(text.substr(0, 40)) + "\"");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(millis));
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t start = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > start + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string seconds_text(double seconds) {
  if (seconds < 0.1) return fixed(seconds * 1e3, 0) + " ms";
  if (seconds < 120) return fixed(seconds, seconds < 1 ? 2 : 1) + " s";
  const auto whole = static_cast<long>(seconds);
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

std::string micros_text(std::int64_t micros) {
  const auto value = static_cast<double>(micros);
  if (micros < 1'000) return fixed(value, 0) + " us";
  if (micros < 1'000'000) return fixed(value / 1e3, 1) + " ms";
  return fixed(value / 1e6, 2) + " s";
}

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value < 1e6) return fixed(value / 1e3, 1) + " kB";
  if (value < 1e9) return fixed(value / 1e6, 1) + " MB";
  return fixed(value / 1e9, 2) + " GB";
}

std::string rate_text(double per_second) {
  return per_second < 100 ? fixed(per_second, 1) + "/s" : grouped(std::llround(per_second)) + "/s";
}

}  // namespace cqrs
