// Maps method and path to a handler. Patterns are literal segments and {name} placeholders.
#pragma once

#include "services/chassis/http.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs::http {

using PathValues = std::vector<std::string>;  // the placeholders' texts, in order
using RouteHandler = std::function<void(Request&&, PathValues&&, Responder&&)>;

// Filled once before the server starts, read-only afterwards.
class Router {
 public:
  // `body_limit` in bytes applies to requests that match this route.
  void add(Method method, std::string_view pattern, RouteHandler handler,
           std::size_t body_limit = kDefaultBodyLimit);
  // Takes every request that no route matches, instead of 404 and 405.
  void set_fallback(Handler handler, std::size_t body_limit = kDefaultBodyLimit);
  // Dispatches; unknown path: 404, known path with another method: 405 with Allow. HEAD falls back
  // to GET.
  void dispatch(Request&& request, Responder&& responder) const;
  // Known before the body is read, so that an oversized body is refused early. Unknown routes get
  // the fallback's, or the default.
  [[nodiscard]] std::size_t body_limit(Method method, std::string_view path) const;

  static constexpr std::size_t kDefaultBodyLimit = 64 * 1024;

 private:
  struct Route {
    Method method;
    std::string pattern;
    std::vector<std::string> segments;
    RouteHandler handler;
    std::size_t body_limit;
  };
  std::vector<Route> routes_;
  Handler fallback_;
  std::size_t fallback_body_limit_ = kDefaultBodyLimit;
};

}  // namespace cqrs::http
