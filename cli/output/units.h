// Numbers as people type and read them: 300k, 250ms, 12,345, 1.2 s.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

// "300k", "1.5m", "42". Error kInvalid names `option`, the limit and the way out.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text, std::string_view option,
                                                std::uint64_t most);
// "500", "500/s", "20k/s", "0.5": per second, above 0 and at most `most`.
[[nodiscard]] Result<double> parse_rate(std::string_view text, std::string_view option,
                                        double most);
// "99%", "99.5%", "0.99": 0 to 1.
[[nodiscard]] Result<double> parse_share(std::string_view text, std::string_view option);
// "250ms", "10s", "5m", "1h".
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                               std::string_view option);

[[nodiscard]] std::string grouped(std::int64_t number);      // 1,234,567
[[nodiscard]] std::string seconds_text(double seconds);      // 3 ms, 0.42 s, 12.3 s, 3 min 20 s
[[nodiscard]] std::string micros_text(std::int64_t micros);  // 340 us, 2.1 ms, 1.20 s
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);   // 12.3 MB
[[nodiscard]] std::string rate_text(double per_second);      // 12,345/s

}  // namespace cqrs
