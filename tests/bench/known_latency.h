// What bench_http is told, and the latencies that follow from it: the same seed, the same ones.
#pragma once

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::bench {

struct ServerOptions {
  std::string port_file;
  double median_ms = 0;  // 0: answers at once
  double sigma = 0;
  std::uint64_t seed = 1;
  std::chrono::milliseconds freeze_at{0};
  std::chrono::milliseconds freeze_for{0};
};

// Content-Length of a request's head; 0 without one.
inline std::size_t content_length(std::string_view head) {
  for (const std::string_view name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    std::size_t length = 0;
    if (at == std::string_view::npos) continue;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }
  return 0;
}

inline bool parse_pair(const std::string& text, double& first, double& second) {
  const char* const last = text.data() + text.size();
  const auto [middle, error] = std::from_chars(text.data(), last, first);
  if (error != std::errc() || middle == last || *middle != ',') return false;
  const auto [end, second_error] = std::from_chars(middle + 1, last, second);
  return second_error == std::errc() && end == last && first >= 0 && second >= 0;
}

inline std::optional<ServerOptions> parse_options(const std::vector<std::string>& words) {
  ServerOptions options;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const std::string& value = words[i + 1];
    double at = 0;
    double duration = 0;
    if (words[i] == "--port-file") {
      options.port_file = value;
    } else if (words[i] == "--latency") {
      if (!parse_pair(value, options.median_ms, options.sigma)) return std::nullopt;
    } else if (words[i] == "--seed") {
      std::from_chars(value.data(), value.data() + value.size(), options.seed);
    } else if (words[i] == "--freeze-at" && parse_pair(value, at, duration)) {
      options.freeze_at = std::chrono::milliseconds(static_cast<std::int64_t>(at * 1e3));
      options.freeze_for = std::chrono::milliseconds(static_cast<std::int64_t>(duration * 1e3));
    } else {
      return std::nullopt;
    }
  }
  if (options.port_file.empty() || words.size() % 2 != 0) return std::nullopt;
  return options;
}

class LatencySource {
 public:
  explicit LatencySource(const ServerOptions& options)
      : options_(options),
        chance_(options.seed),
        normal_(0, options.sigma > 0 ? options.sigma : 1) {}
  // Answers need not pass through the queue of what is due.
  [[nodiscard]] bool immediate() const {
    return options_.median_ms == 0 && options_.freeze_for.count() == 0;
  }
  std::chrono::nanoseconds next() {
    const double ms =
        options_.sigma > 0 ? options_.median_ms * std::exp(normal_(chance_)) : options_.median_ms;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(ms * 1e6));
  }

 private:
  const ServerOptions options_;
  std::mt19937_64 chance_;
  std::normal_distribution<double> normal_;
};

}  // namespace cqrs::bench
