// The one host and port that stand in the URL of a server, so that a proxy can be put in their
// place.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace cqrs {

struct ServerAddress {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

// Of "postgresql://user@host:5432/db?…", "redis://host", "mongodb://host:1" or "host:port"; a port
// that is left away is the scheme's own. Error: invalid (several hosts, IPv6 or no port: says
// which; never repeats the URL, which may hold a password).
[[nodiscard]] Result<ServerAddress> address_in(const std::string& url);
// The same URL with another address in its place. Errors: those of address_in().
[[nodiscard]] Result<std::string> with_address(const std::string& url,
                                               const ServerAddress& address);

}  // namespace cqrs
