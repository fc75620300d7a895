#include "cli/load/endpoint.h"

#include <algorithm>
#include <charconv>

namespace cqrs::load {

Result<Endpoint> parse_endpoint(std::string_view url) {
  const auto refuse = [url](std::string_view why) {
    return invalid("url", "\"" + std::string(url) + "\" " + std::string(why) +
                              ": use a form like http://127.0.0.1:8080");
  };
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  Endpoint endpoint;
  endpoint.tls = url.starts_with(kTls);
  if (!endpoint.tls && !url.starts_with(kPlain)) {
    return refuse("does not start with http:// or https://");
  }
  endpoint.port = endpoint.tls ? 443 : 80;
  std::string_view rest = url.substr(endpoint.tls ? kTls.size() : kPlain.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return refuse("has more than a host and a port");
  }
  if (rest.starts_with('[')) {  // an IPv6 address in brackets
    const std::size_t bracket = rest.find(']');
    if (bracket == std::string_view::npos) return refuse("lacks a closing bracket");
    endpoint.host = rest.substr(1, bracket - 1);
    rest.remove_prefix(bracket + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, colon);
    rest.remove_prefix(colon);
  }
  if (endpoint.host.empty()) return refuse("names no host");
  if (rest.empty()) return endpoint;
  const char* const last = rest.data() + rest.size();
  const auto [end, error] = std::from_chars(rest.data() + 1, last, endpoint.port);
  if (rest.front() != ':' || error != std::errc() || end != last || endpoint.port == 0) {
    return refuse("has a bad port");
  }
  return endpoint;
}

std::string show(const Endpoint& endpoint) {
  return endpoint.host + ":" + std::to_string(endpoint.port);
}

std::string authority(const Endpoint& endpoint) {
  const bool bracket = endpoint.host.find(':') != std::string::npos;
  return (bracket ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

}  // namespace cqrs::load
