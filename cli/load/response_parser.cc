#include "cli/load/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <optional>
#include <string>

namespace cqrs::load {
namespace {

namespace beast = boost::beast::http;
using boost::beast::iequals;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::uint64_t kBodyMax = 256U * 1024 * 1024;
constexpr std::uint32_t kHeaderMax = 32 * 1024;
constexpr std::size_t kLastChunkMin = 5;

class BeastParser final : public beast::basic_parser<false> {
 public:
  BeastParser(ResponseView& response, std::string& body, std::string& etag, std::string& type)
      : response_(response), body_(body), etag_(etag), type_(type) {
    body_limit(kBodyMax);
    header_limit(kHeaderMax);
  }
  [[nodiscard]] bool interim() const { return response_.status / 100 == 1; }

 private:
  void on_response_impl(int code, string_view, int, error_code&) override {
    response_.status = code;
  }
  void on_field_impl(beast::field field, string_view name, string_view value,
                     error_code&) override {
    if (field == beast::field::etag) {
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      etag_.assign(value.data(), value.size());
    } else if (field == beast::field::content_type) {
      type_.assign(value.data(), value.size());
    } else if (field == beast::field::unknown && iequals(name, "idempotent-replayed")) {
      response_.replayed = iequals(value, "true");
    }
  }
  std::size_t on_body_impl(string_view body, error_code&) override {
    const auto length = content_length();
    // The common case, a body that arrived whole, is shown in place instead of being copied.
    if (body_.empty() && length && *length == body.size()) {
      response_.body = {body.data(), body.size()};
    } else {
      body_.append(body.data(), body.size());
    }
    return body.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_request_impl(beast::verb, string_view, string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  ResponseView& response_;
  std::string& body_;
  std::string& etag_;
  std::string& type_;
};

}  // namespace

struct ResponseParser::Impl {
  void begin(bool head) {
    response = ResponseView{};
    body.clear();
    etag.clear();
    type.clear();
    parser.emplace(response, body, etag, type);
    parser->skip(head);
  }
  Step complete() {
    if (!body.empty()) response.body = body;
    response.etag = etag;
    response.content_type = type;
    response.keep_alive = parser->keep_alive();
    parser.reset();
    return Step::kComplete;
  }

  ResponseView response;
  std::string body;
  std::string etag;
  std::string type;
  std::optional<BeastParser> parser;
};

ResponseParser::ResponseParser() : impl_(std::make_unique<Impl>()) {}
ResponseParser::~ResponseParser() = default;

ResponseParser::Step ResponseParser::feed(std::string_view bytes, bool head,
                                          std::size_t& consumed) {
  Impl& impl = *impl_;
  consumed = 0;
  while (consumed < bytes.size()) {
    if (!impl.parser) impl.begin(head);
    const std::string_view rest = bytes.substr(consumed);
    // Beast 1.81 asserts that a last chunk it sees again is whole: show it no shorter rest.
    if (impl.parser->is_header_done() && impl.parser->chunked() && rest.size() < kLastChunkMin) {
      return Step::kNeedMore;
    }
    error_code ec;
    consumed += impl.parser->put(boost::asio::buffer(rest.data(), rest.size()), ec);
    if (ec == beast::error::need_more) {
      return bytes.size() - consumed > kHeaderMax ? Step::kMalformed : Step::kNeedMore;
    }
    if (ec) return Step::kMalformed;
    if (!impl.parser->is_done()) continue;
    if (!impl.parser->interim()) return impl.complete();
    impl.parser.reset();
  }
  return Step::kNeedMore;
}

ResponseParser::Step ResponseParser::end_of_stream() {
  Impl& impl = *impl_;
  if (!impl.parser || !impl.parser->is_header_done() || !impl.parser->need_eof()) {
    return Step::kMalformed;
  }
  error_code ec;
  impl.parser->put_eof(ec);
  return ec ? Step::kMalformed : impl.complete();
}

const ResponseView& ResponseParser::response() const { return impl_->response; }
void ResponseParser::reset() { impl_->parser.reset(); }

}  // namespace cqrs::load
