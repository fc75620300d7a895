// One gRPC call that streams both ways, as the bytes of an HTTP/2 connection of its own: frames,
// flow control and the prefix of messages. Does no I/O and knows no message.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cqrs::load {

// Used by one thread.
class Http2Stream {
 public:
  // Opens the call `path` ("/package.Service/Method") at once; what is to be sent is in output().
  Http2Stream(std::string_view authority, std::string_view path);

  // What is to be written; the caller removes what it has written.
  [[nodiscard]] std::string& output() { return output_; }
  // A message waits until the one before it is within the other side's windows.
  [[nodiscard]] bool may_send() const { return pending_.empty(); }
  void send(std::string_view message);
  // Takes what has arrived and hands out each whole message. False: the call has ended, or what
  // arrived is not HTTP/2; problem() says which.
  [[nodiscard]] bool feed(std::string_view bytes,
                          const std::function<void(std::string_view message)>& on_message);
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string_view payload;
  };

  void append_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                    std::string_view payload);
  void append_window_update(std::uint32_t stream, std::uint32_t by);
  void flush();
  [[nodiscard]] bool take(const Frame& frame,
                          const std::function<void(std::string_view)>& on_message);
  [[nodiscard]] bool take_data(const Frame& frame,
                               const std::function<void(std::string_view)>& on_message);
  void take_settings(std::string_view payload);
  [[nodiscard]] bool fail(std::string problem);

  std::string output_;
  std::string pending_;   // of the message being sent: what no window has room for
  std::string input_;     // the beginning of a frame
  std::string messages_;  // the beginning of a message
  std::int64_t connection_window_ = 65'535;
  std::int64_t stream_window_ = 65'535;
  std::int64_t initial_window_ = 65'535;
  std::uint32_t unacknowledged_ = 0;  // taken and not yet given back to the other side's windows
  std::string problem_;
};

}  // namespace cqrs::load
