#include "tests/support/fault_proxy.h"

#include "core/base/check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cqrs::support {
namespace {

constexpr int kTickMs = 2;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

FaultProxy::FaultProxy(const std::string& url) {
  constexpr std::string_view kHost = "127.0.0.1:";
  const auto host = url.find(kHost);
  CQRS_CHECK(host != std::string::npos);
  const auto start = host + kHost.size();
  const auto end = std::min(url.find_first_not_of("0123456789", start), url.size());
  port_ = std::stoi(url.substr(start, end - start));
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  CQRS_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CQRS_CHECK(::listen(listener_, 64) == 0);
  CQRS_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  url_ = url.substr(0, start) + std::to_string(ntohs(address.sin_port)) + url.substr(end);
  thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
  stop_ = true;
  thread_.join();
  for (const auto& connection : connections_) close(*connection, false);
  ::close(listener_);
}

void FaultProxy::reset(bool refuse) {
  refuse_ = refuse;
  reset_now_ = true;
  while (reset_now_) std::this_thread::sleep_for(std::chrono::milliseconds(kTickMs));
}

void FaultProxy::lose_answer_to(std::string text, int times) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  times_ = times;
  kind_ = Loss::kAnswer;
}

void FaultProxy::lose_request(std::string text, int times) {
  lose_answer_to(std::move(text), times);
  const std::lock_guard lock(mutex_);
  kind_ = Loss::kRequest;
}

FaultProxy::Loss FaultProxy::loss_of(std::string_view request) {
  const std::lock_guard lock(mutex_);
  if (times_ == 0 || request.find(text_) == std::string_view::npos) return Loss::kNone;
  --times_;
  ++struck_;
  return kind_;
}

void FaultProxy::close(const Connection& connection, bool reset) {
  const linger at_once{1, 0};
  for (const int socket : {connection.client, connection.server}) {
    if (reset) ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
  }
}

void FaultProxy::accept_one() {
  auto connection = std::make_unique<Connection>();
  connection->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection->client < 0) return;
  connection->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const bool reached = ::connect(connection->server, reinterpret_cast<const sockaddr*>(&address),
                                 sizeof address) == 0;
  if (refuse_ || !reached) return close(*connection, true);
  connections_.push_back(std::move(connection));
}

bool FaultProxy::take(Connection& connection, bool from_client) {
  std::array<char, 65'536> bytes;
  const int from = from_client ? connection.client : connection.server;
  const auto got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got <= 0) return false;
  const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
  // The answer whose request got through is the end of this connection.
  if (!from_client && connection.answer_is_lost) return false;
  const Loss loss = from_client ? loss_of(piece) : Loss::kNone;
  if (loss == Loss::kRequest) return false;
  connection.answer_is_lost = connection.answer_is_lost || loss == Loss::kAnswer;
  auto& chunks = from_client ? connection.to_server : connection.to_client;
  chunks.push_back({std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms_.load()),
                    std::string(piece)});
  return true;
}

bool FaultProxy::hand_on(std::deque<Chunk>& chunks, int to) {
  const auto now = std::chrono::steady_clock::now();
  while (!chunks.empty() && chunks.front().due <= now) {
    std::string& bytes = chunks.front().bytes;
    const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (!bytes.empty()) return true;
    chunks.pop_front();
  }
  return true;
}

void FaultProxy::run() {
  while (!stop_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    // What is frozen is not even read, so that senders feel it.
    const short wanted = frozen_ ? 0 : POLLIN;
    for (const auto& connection : connections_) {
      polled.push_back({connection->client, wanted, 0});
      polled.push_back({connection->server, wanted, 0});
    }
    ::poll(polled.data(), polled.size(), kTickMs);
    const bool reset = reset_now_;
    for (std::size_t i = connections_.size(); i > 0; --i) {
      Connection& connection = *connections_[i - 1];
      bool open = !reset;
      const bool readable[2] = {(polled[2 * i].revents & POLLIN) != 0,
                                (polled[2 * i - 1].revents & POLLIN) != 0};
      const bool over =
          ((polled[2 * i - 1].revents | polled[2 * i].revents) & (POLLERR | POLLHUP)) != 0;
      if (open && readable[1]) open = take(connection, true);
      if (open && readable[0]) open = take(connection, false);
      if (open && over && !readable[0] && !readable[1]) open = frozen_;
      if (open && !frozen_) {
        open = hand_on(connection.to_server, connection.server) &&
               hand_on(connection.to_client, connection.client);
      }
      if (open) continue;
      close(connection, true);
      connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    if (reset) reset_now_ = false;
    if ((polled.front().revents & POLLIN) != 0) accept_one();
  }
}

}  // namespace cqrs::support
