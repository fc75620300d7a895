// fetch(): one request on a connection of its own, bounded by one deadline.
#include "cli/load/pipeline_client.h"
#include "cli/load/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <optional>

namespace cqrs::load {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

std::string request_text(const Endpoint& endpoint, std::string_view method, std::string_view target,
                         std::string_view body) {
  const bool bracket = endpoint.host.find(':') != std::string::npos;
  std::string text(method);
  text += " ";
  text += target;
  text += " HTTP/1.1\r\nHost: ";
  text += bracket ? "[" + endpoint.host + "]" : endpoint.host;
  text += ":" + std::to_string(endpoint.port) + "\r\nConnection: close\r\nAccept: */*\r\n";
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  if (!body.empty() || (method != "GET" && method != "HEAD")) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  return text;
}

class Call {
 public:
  Call(const Endpoint& endpoint, std::chrono::milliseconds timeout)
      : endpoint_(endpoint),
        timeout_(timeout),
        deadline_(std::chrono::steady_clock::now() + timeout) {}

  Result<SimpleResponse> run(std::string_view method, const std::string& text) {
    const auto found =
        tcp::resolver(io_).resolve(endpoint_.host, std::to_string(endpoint_.port), failed_);
    if (failed_) return error(ErrorCode::kUnavailable, "cannot be resolved");
    await([&](auto done) {
      boost::asio::async_connect(
          socket_, found, [done](const error_code& ec, const tcp::endpoint&) { done(ec, 0); });
    });
    if (failed_) return error(ErrorCode::kUnavailable, "refused the connection");
    await([&](auto done) { boost::asio::async_write(socket_, boost::asio::buffer(text), done); });
    // A server may refuse early and stop reading: its answer is then still there to be read.
    if (timed_out_) return error(ErrorCode::kTimeout, "");
    return read_answer(method);
  }

 private:
  Result<SimpleResponse> read_answer(std::string_view method) {
    const bool safe = method == "GET" || method == "HEAD";
    ResponseParser parser;
    std::string held;
    auto step = ResponseParser::Step::kNeedMore;
    while (step == ResponseParser::Step::kNeedMore) {
      std::array<char, 16 * 1024> piece{};
      const std::size_t bytes =
          await([&](auto done) { socket_.async_read_some(boost::asio::buffer(piece), done); });
      if (failed_ == boost::asio::error::eof) {
        step = parser.end_of_stream();
        break;
      }
      if (failed_) break;
      held.append(piece.data(), bytes);
      std::size_t consumed = 0;
      step = parser.feed(held, method == "HEAD", consumed);
      if (step == ResponseParser::Step::kNeedMore) held.erase(0, consumed);
    }
    if (step != ResponseParser::Step::kComplete) {
      return error(safe ? ErrorCode::kUnavailable : ErrorCode::kInDoubt,
                   safe ? "broke the connection before it answered"
                        : "broke the connection before it answered: the request may have been "
                          "executed");
    }
    const ResponseView& view = parser.response();
    return SimpleResponse{view.status, std::string(view.body), std::string(view.etag)};
  }

  // Starts one operation and runs it to its end or to the deadline.
  template <class Start>
  std::size_t await(Start start) {
    bool finished = false;
    std::size_t bytes = 0;
    start([&](const error_code& ec, std::size_t n) {
      finished = true;
      failed_ = ec;
      bytes = n;
    });
    io_.restart();
    io_.run_until(deadline_);
    if (!finished) {
      error_code ignored;
      socket_.close(ignored);
      io_.restart();
      io_.run();  // the aborted operation still refers to this frame
      timed_out_ = true;
      failed_ = boost::asio::error::timed_out;
    }
    return bytes;
  }

  Error error(ErrorCode code, const std::string& what) const {
    const std::string name = endpoint_.host + ":" + std::to_string(endpoint_.port);
    if (timed_out_) {
      return make_error(ErrorCode::kTimeout, name + " did not answer within " +
                                                 std::to_string(timeout_.count()) + " ms");
    }
    return make_error(code, name + " " + what + " (" + failed_.message() + ")");
  }

  const Endpoint& endpoint_;
  const std::chrono::milliseconds timeout_;
  const SteadyTime deadline_;
  boost::asio::io_context io_{1};
  tcp::socket socket_{io_};
  error_code failed_;
  bool timed_out_ = false;
};

}  // namespace

Result<SimpleResponse> fetch(const Endpoint& endpoint, std::string_view method,
                             std::string_view target, std::string_view body,
                             std::chrono::milliseconds timeout) {
  return Call(endpoint, timeout).run(method, request_text(endpoint, method, target, body));
}

}  // namespace cqrs::load
