#include "cli/load/http2_stream.h"

#include <algorithm>
#include <utility>

namespace cqrs::load {
namespace {

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
};
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint8_t kPadded = 0x8;
constexpr std::uint32_t kOurStream = 1;

constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kFrameMax = 16'384;  // what every peer takes, and all we take
constexpr std::size_t kMessageHead = 5;
constexpr std::size_t kMessageMax = 64UL * 1024 * 1024;
constexpr std::uint32_t kOurWindow = 16U * 1024 * 1024;
constexpr std::uint32_t kFirstWindow = 65'535;

void append_number(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xffU);
  }
}

std::uint32_t number_at(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8U | static_cast<std::uint8_t>(text[at + i]);
  }
  return value;
}

// HPACK: a text that is neither compressed nor remembered.
void append_text(std::string& out, std::string_view text) {
  if (text.size() < 127) {
    out += static_cast<char>(text.size());
  } else {
    out += '\x7f';
    std::size_t rest = text.size() - 127;
    for (; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  out += text;
}

// The numbers are those of HPACK's static table.
std::string request_headers(std::string_view authority, std::string_view path) {
  std::string block = "\x83\x86";  // :method POST, :scheme http
  block += '\x04';                 // :path
  append_text(block, path);
  block += '\x01';  // :authority
  append_text(block, authority);
  block += "\x0f\x10";  // content-type
  append_text(block, "application/grpc");
  block += '\0';
  append_text(block, "te");
  append_text(block, "trailers");
  return block;
}

}  // namespace

Http2Stream::Http2Stream(std::string_view authority, std::string_view path) {
  output_ = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  std::string settings;
  const auto set = [&settings](std::uint32_t name, std::uint32_t value) {
    append_number(settings, name, 2);
    append_number(settings, value, 4);
  };
  set(1, 0);           // no table of headers: we never need to read them
  set(2, 0);           // no push
  set(4, kOurWindow);  // of the stream
  append_frame(kSettings, 0, 0, settings);
  append_window_update(0, kOurWindow - kFirstWindow);
  append_frame(kHeaders, kEndHeaders, kOurStream, request_headers(authority, path));
}

void Http2Stream::append_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                               std::string_view payload) {
  append_number(output_, static_cast<std::uint32_t>(payload.size()), 3);
  output_ += static_cast<char>(type);
  output_ += static_cast<char>(flags);
  append_number(output_, stream, 4);
  output_ += payload;
}

void Http2Stream::append_window_update(std::uint32_t stream, std::uint32_t by) {
  std::string payload;
  append_number(payload, by, 4);
  append_frame(kWindowUpdate, 0, stream, payload);
}

void Http2Stream::send(std::string_view message) {
  pending_ += '\0';  // not compressed
  append_number(pending_, static_cast<std::uint32_t>(message.size()), 4);
  pending_ += message;
  flush();
}

void Http2Stream::flush() {
  std::size_t done = 0;
  while (done < pending_.size()) {
    const std::int64_t room = std::min(connection_window_, stream_window_);
    if (room <= 0) break;
    const std::size_t size =
        std::min({pending_.size() - done, kFrameMax, static_cast<std::size_t>(room)});
    append_frame(kData, 0, kOurStream, std::string_view(pending_).substr(done, size));
    connection_window_ -= static_cast<std::int64_t>(size);
    stream_window_ -= static_cast<std::int64_t>(size);
    done += size;
  }
  pending_.erase(0, done);
}

bool Http2Stream::feed(std::string_view bytes,
                       const std::function<void(std::string_view)>& on_message) {
  input_ += bytes;
  std::size_t at = 0;
  while (input_.size() - at >= kFrameHead) {
    const std::size_t size = number_at(input_, at, 3);
    if (size > kFrameMax) return fail("a frame is too long, or this is not HTTP/2");
    if (input_.size() - at < kFrameHead + size) break;
    Frame frame;
    frame.type = static_cast<std::uint8_t>(input_[at + 3]);
    frame.flags = static_cast<std::uint8_t>(input_[at + 4]);
    frame.stream = number_at(input_, at + 5, 4) & 0x7fffffffU;
    frame.payload = std::string_view(input_).substr(at + kFrameHead, size);
    at += kFrameHead + size;
    if (!take(frame, on_message)) return false;
  }
  input_.erase(0, at);
  return true;
}

bool Http2Stream::take(const Frame& frame,
                       const std::function<void(std::string_view)>& on_message) {
  const std::string_view payload = frame.payload;
  switch (frame.type) {
    case kData:
      return take_data(frame, on_message);
    case kHeaders:
      return (frame.flags & kEndStream) == 0 || fail("the server ended the call");
    case kReset:
      return fail("the server reset the call");
    case kSettings:
      if ((frame.flags & kAck) != 0) return true;
      if (payload.size() % 6 != 0) return fail("bad settings");
      take_settings(payload);
      append_frame(kSettings, kAck, 0, {});
      return true;
    case kPing:
      if ((frame.flags & kAck) == 0) append_frame(kPing, kAck, 0, payload);
      return true;
    case kWindowUpdate:
      if (payload.size() != 4) return fail("a bad window update");
      (frame.stream == 0 ? connection_window_ : stream_window_) += number_at(payload, 0, 4);
      flush();
      return true;
    default:
      return true;  // GOAWAY too: our one call goes on until the server ends it
  }
}

bool Http2Stream::take_data(const Frame& frame,
                            const std::function<void(std::string_view)>& on_message) {
  std::string_view data = frame.payload;
  unacknowledged_ += static_cast<std::uint32_t>(data.size());
  if ((frame.flags & kPadded) != 0) {
    const std::size_t padding = data.empty() ? 0 : static_cast<std::uint8_t>(data[0]);
    if (data.size() < padding + 1) return fail("bad padding");
    data = data.substr(1, data.size() - 1 - padding);
  }
  messages_ += data;
  std::size_t at = 0;
  while (messages_.size() - at >= kMessageHead) {
    const std::size_t size = number_at(messages_, at + 1, 4);
    if (messages_[at] != '\0' || size > kMessageMax) return fail("not a message of gRPC");
    if (messages_.size() - at < kMessageHead + size) break;
    on_message(std::string_view(messages_).substr(at + kMessageHead, size));
    at += kMessageHead + size;
  }
  messages_.erase(0, at);
  if (unacknowledged_ > kOurWindow / 4) {
    append_window_update(0, unacknowledged_);
    append_window_update(kOurStream, unacknowledged_);
    unacknowledged_ = 0;
  }
  return (frame.flags & kEndStream) == 0 || fail("the server ended the call");
}

void Http2Stream::take_settings(std::string_view payload) {
  for (std::size_t at = 0; at + 6 <= payload.size(); at += 6) {
    if (number_at(payload, at, 2) != 4) continue;
    const std::int64_t window = number_at(payload, at + 2, 4);
    stream_window_ += window - initial_window_;
    initial_window_ = window;
  }
  flush();
}

bool Http2Stream::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

}  // namespace cqrs::load
