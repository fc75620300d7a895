// fetch(): one request on a connection of its own, bounded by one deadline.
#include "cli/load/pipeline_client.h"
#include "cli/load/response_parser.h"
#include "cli/load/socket.h"
#include "cli/load/stream.h"
#include "cli/load/tls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <poll.h>
#include <utility>

namespace cqrs::load {
namespace {

std::string request_text(const Endpoint& endpoint, std::string_view method, std::string_view target,
                         std::string_view body) {
  std::string text(method);
  text += " ";
  text += target;
  text += " HTTP/1.1\r\nHost: " + authority(endpoint);
  text += "\r\nConnection: close\r\nAccept: */*\r\n";
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

  Result<SimpleResponse> run(std::string_view method, const std::string& text,
                             const TlsOptions& tls) {
    CQRS_TRY(connect(tls));
    write(text);
    // A server may refuse early and stop reading: its answer is then still there to be read.
    if (timed_out_) return error(ErrorCode::kTimeout, "");
    return read_answer(method);
  }

 private:
  Status connect(const TlsOptions& tls) {
    const auto addresses = resolve(endpoint_);
    if (!addresses.ok()) return addresses.error();
    if (endpoint_.tls) {
      auto context = make_tls(endpoint_, tls);
      if (!context.ok()) return context.error();
      tls_ = std::move(*context);
    }
    for (const Address& address : *addresses) {
      auto socket = begin_connect(address);
      if (!socket.ok()) {
        failed_ = socket.error().message;
        continue;
      }
      stream_ = tls_ ? tls_->open(std::move(*socket)) : open_plain(std::move(*socket));
      if (!wait(Stream::Step::kWantWrite)) return error(ErrorCode::kTimeout, "");
      failed_ = connect_error(stream_->descriptor());
      if (failed_.empty()) return handshake();
    }
    return error(ErrorCode::kUnavailable, "refused the connection");
  }

  Status handshake() {
    for (;;) {
      const Stream::Step step = stream_->handshake();
      if (step == Stream::Step::kDone) return {};
      if (step == Stream::Step::kFailed || step == Stream::Step::kClosed) {
        failed_ = stream_->problem();
        return error(ErrorCode::kUnavailable, "cannot be spoken to");
      }
      if (!wait(step)) return error(ErrorCode::kTimeout, "");
    }
  }

  void write(std::string_view text) {
    while (!text.empty()) {
      const Stream::Moved moved = stream_->write(text.data(), text.size());
      text.remove_prefix(moved.bytes);
      if (moved.step == Stream::Step::kDone) continue;
      if (moved.step == Stream::Step::kFailed || moved.step == Stream::Step::kClosed) return;
      if (!wait(moved.step)) return;
    }
  }

  Result<SimpleResponse> read_answer(std::string_view method) {
    const bool safe = method == "GET" || method == "HEAD";
    ResponseParser parser;
    std::string held;
    std::array<char, 16UL * 1024> piece{};
    auto step = ResponseParser::Step::kNeedMore;
    while (step == ResponseParser::Step::kNeedMore) {
      const Stream::Moved moved = stream_->read(piece.data(), piece.size());
      if (moved.step == Stream::Step::kWantRead || moved.step == Stream::Step::kWantWrite) {
        if (!wait(moved.step)) break;
        continue;
      }
      if (moved.step == Stream::Step::kClosed) {
        failed_ = "it was closed";
        step = parser.end_of_stream();
        break;
      }
      if (moved.step == Stream::Step::kFailed) {
        const std::string problem = stream_->problem();
        failed_ = problem.empty() ? std::strerror(errno) : problem;
        break;
      }
      held.append(piece.data(), moved.bytes);
      std::size_t consumed = 0;
      step = parser.feed(held, method == "HEAD", consumed);
      if (step == ResponseParser::Step::kNeedMore) held.erase(0, consumed);
      if (step == ResponseParser::Step::kMalformed) failed_ = "the answer is not HTTP";
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

  // Waits for what the stream wants. False: the deadline has come.
  bool wait(Stream::Step want) {
    pollfd entry{};
    entry.fd = stream_->descriptor();
    entry.events = want == Stream::Step::kWantWrite ? POLLOUT : POLLIN;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          deadline_ - std::chrono::steady_clock::now());
      timed_out_ = left.count() <= 0;
      if (timed_out_) return false;
      const auto bounded = std::min<std::chrono::milliseconds::rep>(left.count(), 1'000'000);
      if (poll(&entry, 1, static_cast<int>(bounded)) > 0) return true;
    }
  }

  Error error(ErrorCode code, const std::string& what) const {
    const std::string name = show(endpoint_);
    if (timed_out_) {
      return make_error(ErrorCode::kTimeout, name + " did not answer within " +
                                                 std::to_string(timeout_.count()) + " ms");
    }
    return make_error(code, name + " " + what + " (" + failed_ + ")");
  }

  const Endpoint& endpoint_;
  const std::chrono::milliseconds timeout_;
  const SteadyTime deadline_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Stream> stream_;
  std::string failed_;
  bool timed_out_ = false;
};

}  // namespace

Result<SimpleResponse> fetch(const Endpoint& endpoint, std::string_view method,
                             std::string_view target, std::string_view body,
                             std::chrono::milliseconds timeout, const TlsOptions& tls) {
  return Call(endpoint, timeout).run(method, request_text(endpoint, method, target, body), tls);
}

Result<SimpleResponse> fetch_bytes(const Endpoint& endpoint, const std::string& request,
                                   std::chrono::milliseconds timeout, const TlsOptions& tls) {
  const std::string_view method = std::string_view(request).substr(0, request.find(' '));
  return Call(endpoint, timeout).run(method, request, tls);
}

}  // namespace cqrs::load
