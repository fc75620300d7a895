// HTTP as the services see it: a request, a response, and the responder that joins them. Knows
// nothing of sockets; server.h does.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cqrs::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

struct Request {
  Method method = Method::kGet;
  std::string path;   // percent-decoded, without the query
  std::string query;  // raw text after '?', see query_value()
  std::string body;
  std::string content_type;  // lower-cased media type without parameters; empty when absent
  // The headers that handlers use; empty when absent.
  std::string idempotency_key;
  std::string if_match;
  std::string if_none_match;
  std::string traceparent;
  std::string request_id;  // the client's X-Request-Id when it is sane, else made by the server
  std::chrono::steady_clock::time_point received;
  bool from_loopback = false;
};

// The percent-decoded value of one query parameter; nothing when it is absent. A later duplicate of
// the same name is ignored.
[[nodiscard]] std::optional<std::string> query_value(const Request& request, std::string_view name);

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Further headers, e.g. {"ETag", "\"3\""}. Names and values must be free of CR and LF.
  std::vector<std::pair<std::string, std::string>> headers;
};

// RFC 9457 problem+json. `status` overrides the code's own status where HTTP is more precise (400
// for malformed JSON, 405, 412, 413, 415, 431). 503 carries Retry-After: 1.
[[nodiscard]] Response problem(const Error& error, int status = 0);
// The one table from error codes to HTTP: not_found 404, already_exists 409, version_conflict 409,
// invalid 422, unauthenticated 401, forbidden 403, unavailable 503, timeout 504, in_doubt 503,
// overloaded 503, corrupt 500, internal 500.
[[nodiscard]] int http_status(ErrorCode code);

// The one-shot promise to answer one request. Move-only; callable from any thread; the answer of an
// earlier request on the same connection is always written first. Dropping it unanswered sends a
// 500, so that a lost callback can never hang a client.
class Responder {
 public:
  struct Sink {  // implemented by the server's connection
    virtual ~Sink() = default;
    virtual void answer(std::uint64_t slot, Response&& response) = 0;
  };
  Responder() = default;
  Responder(std::shared_ptr<Sink> sink, std::uint64_t slot) : sink_(std::move(sink)), slot_(slot) {}
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    std::swap(sink_, other.sink_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();
  void operator()(Response&& response);

 private:
  std::shared_ptr<Sink> sink_;
  std::uint64_t slot_ = 0;
};

// Called on the server's I/O thread: must not block. Hand slow work to another thread and answer
// from there.
using Handler = std::function<void(Request&&, Responder&&)>;

}  // namespace cqrs::http
