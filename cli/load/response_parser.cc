#include "cli/load/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <charconv>
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

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

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
      etag_.assign(unquoted({value.data(), value.size()}));
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

// A header's name, the same for every case of letters.
bool named(std::string_view name, std::string_view lower) {
  return iequals(string_view(name.data(), name.size()), string_view(lower.data(), lower.size()));
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

// The answer that load meets nearly always: it lies there whole, its length is told, and nothing
// about it is unusual. Everything else is left to the general parser.
class WholeAnswer {
 public:
  explicit WholeAnswer(std::string_view bytes) : bytes_(bytes) {}

  // False: not such an answer. Otherwise `response` refers to the bytes, of which it takes `size`.
  [[nodiscard]] bool read(ResponseView& response, std::size_t& size) {
    if (!read_status(response.status)) return false;
    for (std::string_view line; next_line(line);) {
      if (line.empty()) {
        if (!length_ || bytes_.size() - at_ < *length_) return false;
        response.body = bytes_.substr(at_, *length_);
        size = at_ + *length_;
        return true;
      }
      if (!read_field(line, response)) return false;
    }
    return false;
  }

 private:
  bool read_status(int& status) {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    std::string_view line;
    if (!bytes_.starts_with(kVersion) || !next_line(line) || line.size() < 12) return false;
    if (line.size() > 12 && line[12] != ' ') return false;
    const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
    return error == std::errc() && end == line.data() + 12 && status >= 200 && status != 204 &&
           status != 304;
  }

  bool next_line(std::string_view& line) {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos || end == at_ || bytes_[end - 1] != '\r') return false;
    line = bytes_.substr(at_, end - 1 - at_);
    at_ = end + 1;
    return at_ <= kHeaderMax;
  }

  bool read_field(std::string_view line, ResponseView& response) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string_view name = line.substr(0, colon);
    if (name.find_first_of(" \t") != std::string_view::npos) return false;  // or a folded line
    const std::string_view value = trimmed(line.substr(colon + 1));
    switch (name.size()) {
      case 4:
        if (named(name, "etag")) response.etag = unquoted(value);
        return true;
      case 10:
        return !named(name, "connection") || named(value, "keep-alive");
      case 12:
        if (named(name, "content-type")) response.content_type = value;
        return true;
      case 14:
        return !named(name, "content-length") || read_length(value);
      case 17:
        return !named(name, "transfer-encoding");
      case 19:
        if (named(name, "idempotent-replayed")) response.replayed = named(value, "true");
        return true;
      default:
        return true;
    }
  }

  bool read_length(std::string_view value) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (length_ || error != std::errc() || end != value.data() + value.size()) return false;
    length_ = length;
    return length <= kBodyMax;
  }

  const std::string_view bytes_;
  std::size_t at_ = 0;
  std::optional<std::size_t> length_;
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
  if (!impl.parser && !head) {
    impl.response = ResponseView{};
    if (WholeAnswer(bytes).read(impl.response, consumed)) return Step::kComplete;
  }
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
