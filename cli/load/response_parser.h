// Reads HTTP/1.1 responses from the bytes of one connection; the load client and fetch() share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace cqrs::load {

// What the clients need of a response; the texts are valid until the next feed().
struct ResponseView {
  int status = 0;
  std::string_view body;
  std::string_view content_type;
  std::string_view etag;  // without quotes
  bool replayed = false;
  bool keep_alive = true;
};

class ResponseParser {
 public:
  enum class Step : std::uint8_t { kNeedMore, kComplete, kMalformed };

  ResponseParser();
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Reads from the front of `bytes`; the unconsumed rest must be shown again with more behind it.
  // `head`: the response answers a HEAD request and has no body. Interim (1xx) responses are
  // skipped.
  [[nodiscard]] Step feed(std::string_view bytes, bool head, std::size_t& consumed);
  // The server closed the connection: completes a response whose end nothing else marks.
  [[nodiscard]] Step end_of_stream();
  [[nodiscard]] const ResponseView& response() const;
  // Forgets a partial response; the next bytes come from a new connection.
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cqrs::load
