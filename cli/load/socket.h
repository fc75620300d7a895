// TCP sockets as the load clients need them: non-blocking, opened by address, bytes moved without
// waiting.
#pragma once

#include "core/base/result.h"

#include "cli/load/endpoint.h"

#include <cstddef>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace cqrs::load {

// Closes what it owns.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return descriptor_; }
  void close();

 private:
  [[nodiscard]] int release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }
  int descriptor_ = -1;
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// At least one address. Blocks for as long as the system's resolver does. IPv4 comes first, because
// "localhost" may resolve to ::1 first while servers listen on 127.0.0.1. Error: unavailable.
[[nodiscard]] Result<std::vector<Address>> resolve(const Endpoint& endpoint);

// Begins to connect without waiting: writable means done, connect_error() how. Error: unavailable,
// with the system's reason alone.
[[nodiscard]] Result<Descriptor> begin_connect(const Address& address);
// How the attempt ended; empty: connected.
[[nodiscard]] std::string connect_error(int descriptor);

}  // namespace cqrs::load
