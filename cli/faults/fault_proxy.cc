#include "cli/faults/fault_proxy.h"

#include "core/base/check.h"
#include "core/base/hash.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr int kTickMs = 2;
// What waits on its way in one direction; beyond it the sender is not read, so that it feels it.
constexpr std::size_t kMostQueued = 4 * 1024 * 1024;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Result<sockaddr_in> look_up(const ServerAddress& server) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (error != 0) {
    return make_error(ErrorCode::kUnavailable,
                      "there is no host " + server.host + ": " + ::gai_strerror(error));
  }
  sockaddr_in address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  ::freeaddrinfo(found);
  return address;
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Result<std::unique_ptr<FaultProxy>> FaultProxy::open(const ServerAddress& server,
                                                     std::uint16_t port) {
  std::unique_ptr<FaultProxy> proxy(new FaultProxy(server));
  CQRS_TRY(proxy->start(port));
  return proxy;
}

FaultProxy::FaultProxy(const std::string& url) {
  const auto server = address_in(url);
  CQRS_CHECK(server.ok());
  server_ = *server;
  CQRS_CHECK(start(0).ok());
  url_ = with_address(url, {"127.0.0.1", listening_port_}).value();
}

Status FaultProxy::start(std::uint16_t port) {
  auto target = look_up(server_);
  if (!target) return target.error();
  target_ = *target;
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  if (wake_ < 0 || listener_ < 0 ||
      ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return make_error(
        ErrorCode::kUnavailable,
        "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno));
  }
  listening_port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
  return {};
}

FaultProxy::~FaultProxy() {
  stop_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  for (const auto& connection : connections_) close(*connection, true);
  if (listener_ >= 0) ::close(listener_);
  if (wake_ >= 0) ::close(wake_);
}

void FaultProxy::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

template <class Change>
void FaultProxy::change(Change&& change) {
  {
    const std::lock_guard lock(mutex_);
    change(faults_);
  }
  wake();
}

void FaultProxy::set(const LinkFaults& faults) {
  change([&](LinkFaults& current) { current = faults; });
}

LinkFaults FaultProxy::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void FaultProxy::delay(std::chrono::milliseconds by) {
  change([&](LinkFaults& current) { current.delay = by; });
}

void FaultProxy::freeze(bool frozen) {
  change([&](LinkFaults& current) { current.requests_frozen = current.answers_frozen = frozen; });
}

void FaultProxy::reset(bool refuse) {
  reset_now_ = true;
  change([&](LinkFaults& current) { current.refused = refuse; });
  while (reset_now_) std::this_thread::sleep_for(std::chrono::milliseconds(kTickMs));
}

void FaultProxy::accept_again() {
  change([](LinkFaults& current) { current.refused = false; });
}

void FaultProxy::lose_answer_to(std::string text, int times) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  times_ = times;
  kind_ = Loss::kAnswer;
}

void FaultProxy::lose_request(std::string text, int times) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  times_ = times;
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

void FaultProxy::accept_one(bool refused) {
  auto connection = std::make_unique<Connection>();
  connection->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection->client < 0) return;
  // Without blocking: a server that is stopped takes connections only until its queue is full.
  connection->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool reached =
      !refused && (::connect(connection->server, reinterpret_cast<const sockaddr*>(&target_),
                             sizeof target_) == 0 ||
                   errno == EINPROGRESS);
  if (!reached) return close(*connection, true);
  send_at_once(connection->client);
  send_at_once(connection->server);
  connections_.push_back(std::move(connection));
}

bool FaultProxy::take(Connection& connection, bool from_client, const LinkFaults& faults) {
  std::array<char, 65'536> bytes;
  const int from = from_client ? connection.client : connection.server;
  const auto got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  // The answer whose request got through is the end of this connection.
  if (!from_client && connection.answer_is_lost) return false;
  Pipe& pipe = from_client ? connection.requests : connection.answers;
  if (got == 0) {
    pipe.ended = true;
    return true;
  }
  const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
  const Loss loss = from_client ? loss_of(piece) : Loss::kNone;
  if (loss == Loss::kRequest) return false;
  connection.answer_is_lost = connection.answer_is_lost || loss == Loss::kAnswer;
  auto due = std::chrono::steady_clock::now() + faults.delay;
  if (faults.jitter.count() > 0) {
    const auto most = static_cast<std::uint64_t>(faults.jitter.count()) * 1'000;
    due += std::chrono::microseconds(split_mix(dice_) % most);
  }
  if (!pipe.chunks.empty()) due = std::max(due, pipe.chunks.back().due);
  pipe.chunks.push_back({due, std::string(piece)});
  pipe.queued += piece.size();
  return true;
}

bool FaultProxy::hand_on(Connection& connection, bool to_server, const LinkFaults& faults) {
  Pipe& pipe = to_server ? connection.requests : connection.answers;
  const int to = to_server ? connection.server : connection.client;
  const auto now = std::chrono::steady_clock::now();
  if (faults.bytes_per_second > 0) {
    const double rate = static_cast<double>(faults.bytes_per_second);
    const double passed =
        pipe.last == Time{} ? 0 : std::chrono::duration<double>(now - pipe.last).count();
    pipe.allowance = std::min(pipe.allowance + rate * passed, std::max(rate / 20, 1.0));
    pipe.last = now;
  }
  if (faults.slice > 0 && now < pipe.next_slice) return true;
  while (!pipe.chunks.empty() && pipe.chunks.front().due <= now) {
    std::string& bytes = pipe.chunks.front().bytes;
    std::size_t most = bytes.size();
    if (faults.slice > 0) most = std::min(most, faults.slice);
    if (faults.bytes_per_second > 0)
      most = std::min(most, static_cast<std::size_t>(pipe.allowance));
    if (most == 0) return true;
    const auto sent = ::send(to, bytes.data(), most, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    const auto count = static_cast<std::size_t>(sent);
    bytes.erase(0, count);
    pipe.queued -= count;
    pipe.allowance -= static_cast<double>(count);
    connection.passed += count;
    if (faults.reset_after > 0 && connection.passed >= faults.reset_after) return false;
    if (bytes.empty()) pipe.chunks.pop_front();
    if (faults.slice > 0) pipe.next_slice = now + std::chrono::milliseconds(kTickMs);
    if (faults.slice > 0 || count < most) return true;
  }
  if (pipe.chunks.empty() && pipe.ended && !pipe.told) {
    pipe.told = true;
    ::shutdown(to, SHUT_WR);
  }
  return true;
}

bool FaultProxy::serve(Connection& connection, short client, short server,
                       const LinkFaults& faults) {
  constexpr int kSomething = POLLIN | POLLERR | POLLHUP;
  if ((client & kSomething) != 0 && !take(connection, true, faults)) return false;
  if ((server & kSomething) != 0 && !take(connection, false, faults)) return false;
  if (!faults.requests_frozen && !hand_on(connection, true, faults)) return false;
  return faults.answers_frozen || hand_on(connection, false, faults);
}

int FaultProxy::patience(const LinkFaults& faults) const {
  const bool paced = faults.slice > 0 || faults.bytes_per_second > 0;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& connection : connections_) {
    for (const Pipe* pipe : {&connection->requests, &connection->answers}) {
      const bool frozen =
          pipe == &connection->requests ? faults.requests_frozen : faults.answers_frozen;
      if (pipe->chunks.empty() || frozen) continue;
      if (paced || pipe->chunks.front().due > now) return kTickMs;
    }
  }
  return -1;
}

void FaultProxy::run() {
  std::vector<pollfd> polled;
  while (!stop_) {
    const LinkFaults faults = this->faults();
    const auto now = std::chrono::steady_clock::now();
    polled.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
    // Read from one end what there is room for, write to the other what is due and has no pace of
    // its own. An end of which nothing is wanted is not looked at: it could only say that it broke.
    const bool paced = faults.slice > 0 || faults.bytes_per_second > 0;
    const auto add = [&](int socket, const Pipe& in, bool in_frozen, const Pipe& out,
                         bool out_frozen) {
      short events = 0;
      if (!in_frozen && !in.ended && in.queued < kMostQueued) events |= POLLIN;
      if (!out_frozen && !paced && !out.chunks.empty() && out.chunks.front().due <= now) {
        events |= POLLOUT;
      }
      polled.push_back({events == 0 ? -1 : socket, events, 0});
    };
    for (const auto& each : connections_) {
      add(each->client, each->requests, faults.requests_frozen, each->answers,
          faults.answers_frozen);
      add(each->server, each->answers, faults.answers_frozen, each->requests,
          faults.requests_frozen);
    }
    ::poll(polled.data(), polled.size(), patience(faults));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto cleared = ::read(wake_, &count, sizeof count);
    const bool reset = reset_now_;
    const LinkFaults current = this->faults();  // they may have changed while it waited
    for (std::size_t i = connections_.size(); i > 0; --i) {
      Connection& connection = *connections_[i - 1];
      const bool open =
          !reset && serve(connection, polled[2 * i].revents, polled[2 * i + 1].revents, current);
      const bool done = connection.requests.told && connection.answers.told;
      if (open && !done) continue;
      close(connection, !open);
      connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    if ((polled[1].revents & POLLIN) != 0) accept_one(current.refused);
    open_ = static_cast<int>(connections_.size());
    if (reset) reset_now_ = false;
  }
}

}  // namespace cqrs
