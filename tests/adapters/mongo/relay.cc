#include "tests/adapters/mongo/relay.h"

#include "core/base/check.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cqrs::support {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

// mongodb://127.0.0.1:PORT[/…]
Relay::Relay(const std::string& url) {
  const auto colon = url.rfind(':');
  CQRS_CHECK(url.starts_with("mongodb://127.0.0.1:"));
  port_ = std::stoi(url.substr(colon + 1));
  up();
}

Relay::~Relay() { down(); }

std::string Relay::url() const { return "mongodb://127.0.0.1:" + std::to_string(own_port_); }

void Relay::listen_again() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(own_port_);
  CQRS_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CQRS_CHECK(::listen(listener_, 16) == 0);
  socklen_t size = sizeof address;
  CQRS_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  own_port_ = ntohs(address.sin_port);
}

void Relay::up() {
  listen_again();
  stop_ = false;
  thread_ = std::thread([this] { run(); });
}

void Relay::down() {
  if (!thread_.joinable()) return;
  stop_ = true;
  thread_.join();
  ::close(listener_);
  for (const auto& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  pairs_.clear();
}

void Relay::accept_one() {
  Pair pair;
  pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (pair.client < 0) return;
  pair.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  CQRS_CHECK(::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
             0);
  pairs_.push_back(pair);
}

bool Relay::pass(int from, int to) {
  std::array<char, 65'536> bytes;
  const auto got = ::recv(from, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  return ::send(to, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

void Relay::run() {
  while (!stop_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      polled.push_back({pair.client, POLLIN, 0});
      polled.push_back({pair.server, POLLIN, 0});
    }
    ::poll(polled.data(), polled.size(), 20);
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      const Pair pair = pairs_[(i - 1) / 2];
      const bool from_client = polled[i].fd == pair.client;
      if (pass(polled[i].fd, from_client ? pair.server : pair.client)) continue;
      ::shutdown(pair.client, SHUT_RDWR);
      ::shutdown(pair.server, SHUT_RDWR);
      pairs_[(i - 1) / 2].client = -pair.client;
    }
    std::erase_if(pairs_, [](const Pair& pair) {
      if (pair.client >= 0) return false;
      ::close(-pair.client);
      ::close(pair.server);
      return true;
    });
    if ((polled[0].revents & POLLIN) != 0) accept_one();
  }
}

}  // namespace cqrs::support
