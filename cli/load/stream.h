// The bytes of one connection, plain or inside TLS, moved without waiting. It owns the socket.
#pragma once

#include "cli/load/socket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace cqrs::load {

// Used by one thread. After kClosed or kFailed only the destructor is of use.
class Stream {
 public:
  enum class Step : std::uint8_t { kDone, kWantRead, kWantWrite, kClosed, kFailed };
  struct Moved {
    Step step = Step::kDone;
    std::size_t bytes = 0;  // done with; 0 unless kDone
    // Of a write: so many of the bytes shown may have left, or may leave yet, whatever `step` says.
    // Until they are done with, the same bytes must be shown first again.
    std::size_t exposed = 0;
  };

  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  [[nodiscard]] virtual int descriptor() const = 0;
  // What is to be agreed before bytes may flow; called until it is kDone.
  [[nodiscard]] virtual Step handshake() { return Step::kDone; }
  [[nodiscard]] virtual Moved read(char* to, std::size_t room) = 0;
  [[nodiscard]] virtual Moved write(const char* from, std::size_t size) = 0;
  // Bytes were read from the socket that no event will tell of: read again.
  [[nodiscard]] virtual bool holds_input() const { return false; }
  // Why kFailed; empty: what errno says.
  [[nodiscard]] virtual std::string problem() const { return {}; }
};

[[nodiscard]] std::unique_ptr<Stream> open_plain(Descriptor socket);

}  // namespace cqrs::load
