// Cuts the bytes of one connection into Requests and enforces every limit on their form. Knows
// nothing of sockets; the caller owns the buffer.
#pragma once

#include "services/chassis/http.h"
#include "services/chassis/router.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace cqrs::http {

class RequestParser {
 public:
  enum class Step : std::uint8_t {
    kNeedMore,  // show the unconsumed rest again, with more behind it
    kComplete,  // take() the message
    kRefused,   // refusal() says why; nothing further can be parsed on this connection
  };
  struct Message {
    Request request;
    bool keep_alive = true;
    bool http_1_0 = false;
  };

  // `router` gives the body limits and must outlive the parser.
  RequestParser(const Router& router, std::size_t header_limit);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads one request from the front of `bytes`; `consumed` tells how many bytes are done with. The
  // unconsumed rest never exceeds the header limit after kNeedMore.
  [[nodiscard]] Step feed(std::string_view bytes, std::size_t& consumed);
  // The first byte of a request was seen and the request is not complete.
  [[nodiscard]] bool started() const;
  // True once per request: its header is complete, its body is not, and the client waits for
  // "100 Continue" before it sends it.
  [[nodiscard]] bool take_expectation();
  // After kComplete: the request; the parser is ready for the next one.
  [[nodiscard]] Message take();
  // After kRefused: the answer, and what is known of the request (id and method).
  [[nodiscard]] Response& refusal();
  [[nodiscard]] const Request& partial() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The client's id when it is 1..128 characters of [A-Za-z0-9._:-], else 16 random hex digits.
[[nodiscard]] std::string choose_request_id(std::string_view offered);

}  // namespace cqrs::http
