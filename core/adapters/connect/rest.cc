#include "core/adapters/connect/rest.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>
#include <string_view>

namespace cqrs::connect {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

// Connect checks a configuration against the database before it answers.
constexpr std::chrono::seconds kPatience{10};

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

class Call {
 public:
  explicit Call(std::string place) : place_(std::move(place)) {}

  Result<Response> run(const std::string& host, const std::string& port, const Request& request) {
    error_code failed;
    const auto found = tcp::resolver(io_).resolve(host, port, failed);
    if (failed) return failure(failed.message());
    CQRS_TRY(await([&](auto done) {
      boost::asio::async_connect(socket_, found,
                                 [done](error_code ec, const tcp::endpoint&) { done(ec); });
    }));
    CQRS_TRY(await([&](auto done) {
      http::async_write(socket_, request, [done](error_code ec, std::size_t) { done(ec); });
    }));
    Response response;
    boost::beast::flat_buffer buffer;
    CQRS_TRY(await([&](auto done) {
      http::async_read(socket_, buffer, response, [done](error_code ec, std::size_t) { done(ec); });
    }));
    return response;
  }

 private:
  Error failure(const std::string& why) const {
    return make_error(ErrorCode::kUnavailable, "Kafka Connect at " + place_ + ": " + why);
  }

  template <class Start>
  Status await(const Start& start) {
    std::optional<error_code> outcome;
    io_.restart();
    start([&outcome](error_code ec) { outcome = ec; });
    io_.run_until(end_);
    if (!outcome) {
      error_code ignored;
      (void)socket_.close(ignored);
      io_.run();  // what was begun ends now, while all that it uses is there
      return failure("no answer after " + std::to_string(kPatience.count()) + " s");
    }
    return *outcome ? Status(failure(outcome->message())) : Status();
  }

  std::string place_;
  boost::asio::io_context io_;
  tcp::socket socket_{io_};
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + kPatience;
};

}  // namespace

Result<Rest> Rest::open(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  const bool http = rest.starts_with(kScheme);
  if (http) rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  Rest made;
  made.host_ = rest.substr(0, colon);
  made.port_ = colon == std::string_view::npos ? "8083" : rest.substr(colon + 1);
  const bool port = !made.port_.empty() && made.port_.size() <= 5 &&
                    made.port_.find_first_not_of("0123456789") == std::string::npos;
  if (!http || made.host_.empty() || !port || rest.find('/') != std::string_view::npos) {
    return invalid("--connect",
                   "--connect must be http://HOST:PORT of Kafka Connect, not \"" + url + "\"");
  }
  made.place_ = made.host_ + ":" + made.port_;
  return made;
}

Result<Reply> Rest::call(const std::string& method, const std::string& target,
                         const Json& body) const {
  Request request{http::string_to_verb(method), target, 11};
  request.set(http::field::host, place_);
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  if (!body.is_null()) {
    request.set(http::field::content_type, "application/json");
    request.body() = body.dump();
  }
  request.prepare_payload();
  auto response = Call(place_).run(host_, port_, request);
  if (!response) return response.error();
  Reply reply;
  reply.status = static_cast<int>(response->result_int());
  reply.body = Json::parse(response->body(), nullptr, false);
  if (reply.body.is_discarded()) reply.body = nullptr;
  return reply;
}

}  // namespace cqrs::connect
