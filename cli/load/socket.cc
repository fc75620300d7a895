#include "cli/load/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <utility>

namespace cqrs::load {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = other.release();
  }
  return *this;
}

void Descriptor::close() {
  const int descriptor = release();
  if (descriptor >= 0) (void)::close(descriptor);
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
    if (list != nullptr) freeaddrinfo(list);
  });
  if (failed != 0 || found == nullptr) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot resolve " + show(endpoint) + ": " + gai_strerror(failed));
  }
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Address address;
    address.size = entry->ai_addrlen;
    std::memcpy(&address.bytes, entry->ai_addr,
                std::min<std::size_t>(entry->ai_addrlen, sizeof address.bytes));
    addresses.push_back(address);
  }
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const Address& address) { return address.bytes.ss_family == AF_INET; });
  return addresses;
}

Result<Descriptor> begin_connect(const Address& address) {
  Descriptor socket(
      ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.get() < 0) {
    const bool too_many = errno == EMFILE || errno == ENFILE;
    return make_error(ErrorCode::kUnavailable,
                      std::string(std::strerror(errno)) +
                          (too_many ? " (raise ulimit -n or use fewer connections)" : ""));
  }
  const int on = 1;
  (void)setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const void* const bytes = &address.bytes;
  if (::connect(socket.get(), static_cast<const sockaddr*>(bytes), address.size) != 0 &&
      errno != EINPROGRESS) {
    return make_error(ErrorCode::kUnavailable, std::strerror(errno));
  }
  return socket;
}

std::string connect_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? std::string() : std::string(std::strerror(error));
}

}  // namespace cqrs::load
