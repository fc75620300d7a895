#include "core/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <limits>

namespace cqrs {
namespace {

// "2026-11-21T07:37:17." What is rendered one after the other is mostly of one second, and the
// calendar is the expensive part.
const std::string& text_of_second(std::int64_t seconds) {
  thread_local std::int64_t known = std::numeric_limits<std::int64_t>::min();
  thread_local std::string text;
  if (seconds == known) return text;
  const std::time_t whole = seconds;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 80> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.",
                                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
  text.assign(buffer.data(), static_cast<std::size_t>(length));
  known = seconds;
  return text;
}

}  // namespace

void append_time(std::string& out, Timestamp time) {
  auto seconds = time.micros / 1'000'000;
  auto rest = time.micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  out += text_of_second(seconds);
  std::array<char, 7> digits{'0', '0', '0', '0', '0', '0', 'Z'};
  for (std::size_t i = 6; rest > 0; rest /= 10) digits[--i] = static_cast<char>('0' + rest % 10);
  out.append(digits.data(), digits.size());
}

std::string to_string(Timestamp time) {
  std::string out;
  append_time(out, time);
  return out;
}

}  // namespace cqrs
