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
  bool tls = false;
};

// "http://127.0.0.1:8080", "https://api.example:8443", an IPv6 address in brackets; without a port
// 80 or 443. A path is refused. Error: invalid.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);
// "host:port", for messages.
[[nodiscard]] std::string show(const Endpoint& endpoint);
// As a Host header says it: with brackets around an IPv6 address.
[[nodiscard]] std::string authority(const Endpoint& endpoint);

// How the other side of an https connection is checked, and who we are. Files are PEM.
struct TlsOptions {
  std::string ca_file;           // authorities to trust; empty: those of the system
  bool insecure = false;         // accept any certificate
  std::string server_name;       // the name that must stand in the certificate; empty: the host
  std::string certificate_file;  // of the client, with its chain; needs `key_file`
  std::string key_file;
};

}  // namespace cqrs::load
