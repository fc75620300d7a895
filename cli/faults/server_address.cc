#include "cli/faults/server_address.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace cqrs {
namespace {

// Where "host:port" stands in the URL.
struct Place {
  std::size_t from = 0;
  std::size_t to = 0;
};

Place place_in(const std::string& url) {
  const auto scheme = url.find("://");
  std::size_t from = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t to = std::min(url.find_first_of("/?#", from), url.size());
  const auto at = url.rfind('@', to);
  if (at != std::string::npos && at >= from && at < to) from = at + 1;
  return {from, to};
}

std::uint16_t usual_port(const std::string& url) {
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return 5432;
  if (url.starts_with("redis://")) return 6379;
  if (url.starts_with("mongodb://")) return 27017;
  return 0;
}

}  // namespace

Result<ServerAddress> address_in(const std::string& url) {
  const Place place = place_in(url);
  const std::string_view text = std::string_view(url).substr(place.from, place.to - place.from);
  const auto wrong = [](const std::string& why) {
    return invalid("", "a proxy stands before one HOST:PORT, and this address " + why);
  };
  if (text.empty()) return wrong("names no host");
  if (text.find(',') != std::string_view::npos) return wrong("has several hosts");
  if (text.find('[') != std::string_view::npos) return wrong("is IPv6: name the host instead");
  const auto colon = std::min(text.find(':'), text.size());
  ServerAddress address{std::string(text.substr(0, colon)), usual_port(url)};
  if (colon < text.size()) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (error != std::errc() || stop != end) return wrong("has no port from 1 to 65535");
  }
  if (address.port == 0 || address.host.empty()) return wrong("has no host or no port");
  return address;
}

Result<std::string> with_address(const std::string& url, const ServerAddress& address) {
  if (auto found = address_in(url); !found) return found.error();
  const Place place = place_in(url);
  return url.substr(0, place.from) + address.host + ":" + std::to_string(address.port) +
         url.substr(place.to);
}

}  // namespace cqrs
