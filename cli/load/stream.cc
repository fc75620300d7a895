#include "cli/load/stream.h"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace cqrs::load {
namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(Descriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_.get(); }

  Moved read(char* to, std::size_t room) override {
    const ssize_t bytes = recv(socket_.get(), to, room, 0);
    if (bytes == 0) return {Step::kClosed};
    return moved(bytes, Step::kWantRead);
  }

  Moved write(const char* from, std::size_t size) override {
    return moved(send(socket_.get(), from, size, MSG_NOSIGNAL), Step::kWantWrite);
  }

 private:
  static Moved moved(ssize_t bytes, Step wait) {
    if (bytes >= 0) {
      const auto count = static_cast<std::size_t>(bytes);
      return {Step::kDone, count, count};
    }
    const bool later = errno == EAGAIN || errno == EINTR;
    return {later ? wait : Step::kFailed};
  }

  const Descriptor socket_;
};

}  // namespace

std::unique_ptr<Stream> open_plain(Descriptor socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace cqrs::load
