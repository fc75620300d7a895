#include "services/chassis/router.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cqrs::http {
namespace {

constexpr std::size_t kSegmentsMax = 16;

// A path cut at its slashes, on the stack: routing allocates nothing until it has found its route.
struct Segments {
  std::array<std::string_view, kSegmentsMax> parts;
  std::size_t count = 0;
  bool valid = false;
};

Segments cut(std::string_view path) {
  Segments segments;
  if (path.empty() || path.front() != '/') return segments;
  path.remove_prefix(1);
  for (;;) {
    if (segments.count == kSegmentsMax) return segments;
    const std::size_t slash = path.find('/');
    segments.parts[segments.count++] = path.substr(0, slash);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  segments.valid = true;
  return segments;
}

// A placeholder is stored as "{"; no literal can be, because add() refuses braces in literals.
constexpr std::string_view kPlaceholder = "{";

bool matches(const std::vector<std::string>& pattern, const Segments& path) {
  if (!path.valid || pattern.size() != path.count) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == kPlaceholder ? path.parts[i].empty() : pattern[i] != path.parts[i]) {
      return false;
    }
  }
  return true;
}

// Literals before placeholders, leftmost difference first: "/users/me" is tried before
// "/users/{id}".
bool more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const bool a_placeholder = a[i] == kPlaceholder;
    if (a_placeholder != (b[i] == kPlaceholder)) return !a_placeholder;
  }
  return false;
}

bool serves(Method route, Method asked) {
  return route == asked || (asked == Method::kHead && route == Method::kGet);
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kOther:
      break;
  }
  return "";
}

void allow(std::string& list, Method method) {
  const std::string_view name = method_name(method);
  if (list.find(name) != std::string::npos) return;
  if (!list.empty()) list += ", ";
  list += name;
  if (method == Method::kGet) allow(list, Method::kHead);
}

}  // namespace

void Router::add(Method method, std::string_view pattern, RouteHandler handler,
                 std::size_t body_limit) {
  const Segments cut_pattern = cut(pattern);
  CQRS_CHECK(cut_pattern.valid);
  Route route{method, std::string(pattern), {}, std::move(handler), body_limit};
  for (std::size_t i = 0; i < cut_pattern.count; ++i) {
    const std::string_view part = cut_pattern.parts[i];
    const bool placeholder = part.size() > 2 && part.front() == '{' && part.back() == '}';
    CQRS_CHECK(placeholder || part.find_first_of("{}") == std::string_view::npos);
    route.segments.emplace_back(placeholder ? kPlaceholder : part);
  }
  for (const Route& other : routes_) {
    CQRS_CHECK(other.method != method || other.segments != route.segments);
  }
  const auto at = std::find_if(routes_.begin(), routes_.end(), [&](const Route& other) {
    return more_specific(route.segments, other.segments);
  });
  routes_.insert(at, std::move(route));
}

void Router::set_fallback(Handler handler, std::size_t body_limit) {
  fallback_ = std::move(handler);
  fallback_body_limit_ = body_limit;
}

void Router::dispatch(Request&& request, Responder&& responder) const {
  const Segments path = cut(request.path);
  // An own HEAD route goes before the fallback to GET.
  const Route* found = nullptr;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route.segments, path)) continue;
    if (route.method == request.method) {
      found = &route;
      break;
    }
    if (serves(route.method, request.method)) {
      if (found == nullptr) found = &route;
    } else if (found == nullptr) {
      allow(allowed, route.method);
    }
  }
  if (found != nullptr) {
    PathValues values;
    for (std::size_t i = 0; i < path.count; ++i) {
      if (found->segments[i] == kPlaceholder) values.emplace_back(path.parts[i]);
    }
    found->handler(std::move(request), std::move(values), std::move(responder));
    return;
  }
  if (fallback_) return fallback_(std::move(request), std::move(responder));
  const std::string shown = request.path.substr(0, 200);
  if (allowed.empty()) {
    responder(problem(make_error(ErrorCode::kNotFound, "no such path: " + shown)));
    return;
  }
  Response response = problem(
      make_error(ErrorCode::kInvalid, shown + " does not take this method: use " + allowed), 405);
  response.headers.emplace_back("Allow", std::move(allowed));
  responder(std::move(response));
}

std::size_t Router::body_limit(Method method, std::string_view path) const {
  const Segments segments = cut(path);
  for (const Route& route : routes_) {
    if (serves(route.method, method) && matches(route.segments, segments)) return route.body_limit;
  }
  return fallback_body_limit_;
}

}  // namespace cqrs::http
