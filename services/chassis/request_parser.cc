#include "services/chassis/request_parser.h"

#include "services/chassis/percent.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <utility>

namespace cqrs::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::iequals;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t kBodyReserveMax = 64 * 1024;
constexpr std::size_t kLastChunkMin = 5;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

Method to_method(beast::verb verb) {
  switch (verb) {
    case beast::verb::get:
      return Method::kGet;
    case beast::verb::head:
      return Method::kHead;
    case beast::verb::post:
      return Method::kPost;
    case beast::verb::put:
      return Method::kPut;
    case beast::verb::patch:
      return Method::kPatch;
    case beast::verb::delete_:
      return Method::kDelete;
    case beast::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

// Origin form ("/path?query"), absolute form ("http://host/path", which servers must accept) and
// "*".
bool split_target(std::string_view target, Request& request) {
  if (target != "*" && target.front() != '/') {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.query = target.substr(std::min(mark + 1, target.size()));
  if (!percent_decode(target.substr(0, mark), false, request.path)) return false;
  if (request.path.empty()) request.path = "/";
  return std::none_of(request.path.begin(), request.path.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// "Application/JSON; charset=utf-8" -> "application/json"
std::string media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

struct Refusal {
  int status = 0;  // 0: derived from the parser's own error
  std::string_view detail;
};

class BeastParser final : public beast::basic_parser<true> {
 public:
  BeastParser(const Router& router, Request& request) : router_(router), request_(request) {
    // Beast's own limit of 1 MB would strike before the route, and so its limit, is known.
    body_limit(boost::none);
  }

  [[nodiscard]] bool http_1_0() const { return version_ == 10; }
  [[nodiscard]] bool take_expectation() { return header_done_ && std::exchange(expect_, false); }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  void refuse(int status, std::string_view detail, error_code& ec) {
    refusal_ = {status, detail};
    ec = beast::error::bad_value;
  }

  void on_request_impl(beast::verb verb, string_view /*method*/, string_view target, int version,
                       error_code& ec) override {
    request_.method = to_method(verb);
    version_ = version;
    if (!split_target(view(target), request_)) {
      refuse(400, "the request target is neither a path nor a URL, or has a bad escape", ec);
    }
  }

  void on_field_impl(beast::field field, string_view name, string_view value,
                     error_code& ec) override {
    if (header_done_) return;  // trailers must not change what the header said
    switch (field) {
      case beast::field::host:
        ++hosts_;
        break;
      case beast::field::content_type:
        request_.content_type = media_type(view(value));
        break;
      case beast::field::if_match:
        keep(request_.if_match, value);
        break;
      case beast::field::if_none_match:
        keep(request_.if_none_match, value);
        break;
      case beast::field::expect:
        expect_ = iequals(value, "100-continue");
        if (!expect_) refuse(417, "only Expect: 100-continue is understood", ec);
        break;
      case beast::field::transfer_encoding:
        // Anything but a lone "chunked" could be framed otherwise by a proxy before us.
        if (!iequals(value, "chunked")) refuse(501, "the only Transfer-Encoding is chunked", ec);
        break;
      case beast::field::unknown:
        on_unknown_field(name, value);
        break;
      default:
        break;
    }
  }

  void on_unknown_field(string_view name, string_view value) {
    if (iequals(name, "idempotency-key")) keep(request_.idempotency_key, value);
    if (iequals(name, "traceparent")) keep(request_.traceparent, value);
    if (iequals(name, "x-request-id")) keep(request_.request_id, value);
  }

  static void keep(std::string& field, string_view value) {
    if (field.empty()) field.assign(value.data(), value.size());
  }

  void on_header_impl(error_code& ec) override {
    header_done_ = true;
    if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) {
      return refuse(400, "an HTTP/1.1 request needs exactly one Host header", ec);
    }
    if (chunked() && version_ == 10) {
      return refuse(400, "HTTP/1.0 has no Transfer-Encoding", ec);
    }
    const auto length = content_length();
    if (!chunked() && (!length || *length == 0)) {
      expect_ = false;
      return;
    }
    limit_ = router_.body_limit(request_.method, request_.path);
    body_limit(limit_);
    if (length && *length > limit_) ec = beast::error::body_limit;
    if (version_ == 10) expect_ = false;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // A promised length is not memory yet: reserve only what a real client fills at once.
    if (length) request_.body.reserve(std::min<std::size_t>(*length, kBodyReserveMax));
  }
  std::size_t on_body_impl(string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    return on_body_impl(body, ec);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const Router& router_;
  Request& request_;
  Refusal refusal_;
  std::size_t limit_ = 0;
  int version_ = 11;
  int hosts_ = 0;
  bool expect_ = false;
  bool header_done_ = false;
};

// Whether a refused version is a well-formed one, only not ours ("GET / HTTP/2.0").
bool names_other_version(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::size_t at = line.rfind(" HTTP/");
  if (at == std::string_view::npos) return false;
  const std::string_view version = line.substr(at + 6);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 3 && digit(version[0]) && version[1] == '.' && digit(version[2]);
}

}  // namespace

struct RequestParser::Impl {
  Impl(const Router& r, std::size_t limit) : router(r), header_limit(limit) {}

  Step refuse(int status, std::string detail) {
    const ErrorCode code = status == 408 ? ErrorCode::kTimeout : ErrorCode::kInvalid;
    refusal = problem(make_error(code, std::move(detail)), status);
    request.request_id = choose_request_id(request.request_id);
    return Step::kRefused;
  }

  Step refuse_header() {
    return refuse(431, "the request line and headers exceed " + std::to_string(header_limit) +
                           " bytes: send fewer or shorter headers");
  }

  Step refuse(const error_code& ec, std::string_view pending) {
    if (const Refusal& own = parser->refusal(); own.status != 0) {
      return refuse(own.status, std::string(own.detail));
    }
    if (ec == beast::error::header_limit) return refuse_header();
    if (ec == beast::error::body_limit) {
      return refuse(413, "the body exceeds this path's limit of " +
                             std::to_string(parser->limit()) + " bytes");
    }
    if (ec == beast::error::bad_version && names_other_version(pending)) {
      return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    return refuse(400, "malformed HTTP request: " + ec.message());
  }

  const Router& router;
  std::size_t header_limit;
  std::size_t header_bytes = 0;
  Request request;
  Response refusal;
  std::optional<BeastParser> parser;
};

RequestParser::RequestParser(const Router& router, std::size_t header_limit)
    : impl_(std::make_unique<Impl>(router, header_limit)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  Impl& impl = *impl_;
  if (!impl.parser) {
    // Some clients end a body with an empty line of their own; the standard asks to skip it.
    consumed = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    if (consumed == bytes.size()) return Step::kNeedMore;
    impl.parser.emplace(impl.router, impl.request);
    impl.parser->header_limit(static_cast<std::uint32_t>(impl.header_limit));
    impl.header_bytes = 0;
  }
  BeastParser& parser = *impl.parser;
  while (consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(consumed);
    const bool in_header = !parser.is_header_done();
    // Beast 1.81 asserts that a last chunk it sees again has five bytes, which is true of every
    // complete one only: "0 CR LF CR" from a slow client would abort the process.
    if (!in_header && parser.chunked() && rest.size() < kLastChunkMin) return Step::kNeedMore;
    error_code ec;
    const std::size_t used = parser.put(boost::asio::buffer(rest.data(), rest.size()), ec);
    consumed += used;
    // Beast's own limit starts anew with every line it has taken; the sum is what an attacker
    // grows.
    if (in_header) impl.header_bytes += used;
    const std::size_t held = parser.is_header_done() ? 0 : bytes.size() - consumed;
    if (in_header && impl.header_bytes + held > impl.header_limit &&
        (!ec || ec == beast::error::need_more)) {
      return impl.refuse_header();
    }
    if (ec == beast::error::need_more) {
      // Chunk extensions and trailers wait in the caller's buffer as headers do.
      if (bytes.size() - consumed > impl.header_limit) return impl.refuse_header();
      return Step::kNeedMore;
    }
    if (ec) return impl.refuse(ec, rest);
    if (parser.is_done()) return Step::kComplete;
  }
  return Step::kNeedMore;
}

bool RequestParser::started() const { return impl_->parser.has_value(); }

bool RequestParser::take_expectation() {
  return impl_->parser && impl_->parser->take_expectation();
}

RequestParser::Message RequestParser::take() {
  Message message;
  message.keep_alive = impl_->parser->keep_alive();
  message.http_1_0 = impl_->parser->http_1_0();
  message.request = std::exchange(impl_->request, Request{});
  message.request.request_id = choose_request_id(message.request.request_id);
  impl_->parser.reset();
  return message;
}

Response& RequestParser::refusal() { return impl_->refusal; }
const Request& RequestParser::partial() const { return impl_->request; }

std::string choose_request_id(std::string_view offered) {
  const auto sane = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
  };
  if (!offered.empty() && offered.size() <= 128 &&
      std::all_of(offered.begin(), offered.end(), sane)) {
    return std::string(offered);
  }
  // splitmix64: ids only need to differ, they are no secret.
  thread_local std::uint64_t state =
      (std::uint64_t{std::random_device{}()} << 32U) ^ std::random_device{}();
  std::uint64_t value = (state += 0x9E3779B97F4A7C15U);
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  value ^= value >> 31U;
  std::string id(16, '0');
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = "0123456789abcdef"[(value >> (4U * i)) & 0xFU];
  }
  return id;
}

}  // namespace cqrs::http
