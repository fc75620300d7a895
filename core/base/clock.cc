#include "core/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace cqrs {

std::string to_string(Timestamp time) {
  auto seconds = time.micros / 1'000'000;
  auto rest = time.micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  const std::time_t whole = seconds;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 80> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ",
                                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace cqrs
