// Where a server is and how it is spoken to.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs::load {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

// "http://127.0.0.1:8080", an IPv6 address in brackets; without a port 80. A path is refused.
// Error: invalid.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);
// "host:port", for messages.
[[nodiscard]] std::string show(const Endpoint& endpoint);
// As a Host header says it: with brackets around an IPv6 address.
[[nodiscard]] std::string authority(const Endpoint& endpoint);

}  // namespace cqrs::load
