// A server whose latency is known, for rows that judge load generators: answers at once, or after a
// time drawn from a distribution, and may freeze once. One thread, HTTP/1.1 with keep-alive.
//
//   bench_http --port-file FILE [--latency MEDIAN_MS,SIGMA] [--seed N] [--freeze-at S,FOR_S]
//
// Latency is log-normal: half of the answers take up to MEDIAN_MS, and a fraction of Phi(z) up to
// MEDIAN_MS * exp(SIGMA * z). The freeze begins S seconds after the first request. Every POST is
// answered like a command of ours, every GET like a read that is up to date.
#include "cli/load/reactor.h"
#include "cli/load/socket.h"

#include "tests/bench/known_latency.h"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <queue>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace cqrs::bench {
namespace {

using load::Descriptor;
using load::Reactor;
using load::SteadyTime;
using load::Watcher;

class Connection;

struct Due {
  SteadyTime at;
  std::uint64_t connection = 0;
  bool post = false;
  [[nodiscard]] bool operator>(const Due& other) const { return at > other.at; }
};

class Server final : public Watcher {
 public:
  explicit Server(const ServerOptions& options) : latency_(options), options_(options) {}
  bool listen();
  [[noreturn]] void run();
  void on_events(bool readable, bool writable) override;
  void take(std::uint64_t connection, bool post);
  void closed(std::uint64_t connection) { gone_.push_back(connection); }
  std::string& answer(bool post);
  Reactor& reactor() { return reactor_; }
  bool immediate() const { return latency_.immediate(); }

 private:
  void freeze_when_due();

  LatencySource latency_;
  const ServerOptions options_;
  Reactor reactor_;
  Descriptor listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::uint64_t> gone_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t next_ = 1;
  std::uint64_t position_ = 0;
  SteadyTime first_{};
  bool frozen_ = false;
  std::string text_;
};

class Connection final : public Watcher {
 public:
  Connection(Server& server, std::uint64_t number, Descriptor socket)
      : server_(server), number_(number), socket_(std::move(socket)) {}
  bool watch() { return server_.reactor().add(socket_.get(), *this, false); }
  void write(std::string_view text) {
    output_ += text;
    flush();
  }
  void on_events(bool readable, bool writable) override {
    if (closed_) return;
    if (writable) flush();
    if (!readable) return;
    char buffer[64 * 1024];
    const ssize_t bytes = recv(socket_.get(), buffer, sizeof buffer, 0);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0) return close();
    input_.append(buffer, static_cast<std::size_t>(bytes));
    take_requests();
    flush();
  }

 private:
  void take_requests() {
    std::size_t at = 0;
    for (;;) {
      const std::string_view rest = std::string_view(input_).substr(at);
      const std::size_t end = rest.find("\r\n\r\n");
      if (end == std::string_view::npos) break;
      const std::size_t size = end + 4 + content_length(rest.substr(0, end));
      if (rest.size() < size) break;
      const bool post = !rest.starts_with("GET");
      if (server_.immediate()) {
        output_ += server_.answer(post);
      } else {
        server_.take(number_, post);
      }
      at += size;
    }
    input_.erase(0, at);
  }
  void flush() {
    if (closed_ || output_.empty()) return;
    const ssize_t bytes = send(socket_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) return close();
    if (bytes > 0) output_.erase(0, static_cast<std::size_t>(bytes));
    if (waits_ != !output_.empty()) {
      waits_ = !output_.empty();
      server_.reactor().watch_writable(socket_.get(), *this, waits_);
    }
  }
  void close() {
    closed_ = true;
    socket_.close();
    server_.closed(number_);
  }

  Server& server_;
  const std::uint64_t number_;
  Descriptor socket_;
  std::string input_;
  std::string output_;
  bool waits_ = false;
  bool closed_ = false;
};

bool Server::listen() {
  listener_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  void* const bytes = &address;
  if (!reactor_.open().ok() ||
      bind(listener_.get(), static_cast<const sockaddr*>(bytes), size) != 0 ||
      ::listen(listener_.get(), 4096) != 0 ||
      getsockname(listener_.get(), static_cast<sockaddr*>(bytes), &size) != 0 ||
      !reactor_.add(listener_.get(), *this, false)) {
    return false;
  }
  const std::string partial = options_.port_file + ".new";
  std::ofstream(partial) << ntohs(address.sin_port) << "\n";
  return std::rename(partial.c_str(), options_.port_file.c_str()) == 0;
}

void Server::on_events(bool /*readable*/, bool /*writable*/) {
  for (;;) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) return;
    const int on = 1;
    (void)setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::uint64_t number = next_++;
    auto connection = std::make_unique<Connection>(*this, number, std::move(socket));
    if (connection->watch()) connections_.emplace(number, std::move(connection));
  }
}

void Server::take(std::uint64_t connection, bool post) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (first_ == SteadyTime{}) first_ = now;
  due_.push({now + latency_.next(), connection, post});
}

std::string& Server::answer(bool post) {
  std::string body;
  if (post) {
    const std::string position = std::to_string(++position_);
    body =
        R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3","version":1,"position":)" + position + "}";
  } else {
    body = R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3","version":1,"caughtUp":true,)"
           R"("lag":{"records":0,"seconds":0.0}})";
  }
  text_ = post ? "HTTP/1.1 201 Created" : "HTTP/1.1 200 OK";
  text_ += "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  text_ += "\r\n\r\n" + body;
  return text_;
}

void Server::freeze_when_due() {
  if (frozen_ || options_.freeze_for.count() == 0 || first_ == SteadyTime{}) return;
  if (std::chrono::steady_clock::now() < first_ + options_.freeze_at) return;
  frozen_ = true;
  std::this_thread::sleep_until(first_ + options_.freeze_at + options_.freeze_for);
}

void Server::run() {
  for (;;) {
    SteadyTime wake = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
    if (!due_.empty()) wake = std::min(wake, due_.top().at);
    reactor_.wait(wake);
    freeze_when_due();
    const SteadyTime now = std::chrono::steady_clock::now();
    for (; !due_.empty() && due_.top().at <= now; due_.pop()) {
      const auto found = connections_.find(due_.top().connection);
      if (found != connections_.end()) found->second->write(answer(due_.top().post));
    }
    for (const std::uint64_t number : gone_) connections_.erase(number);
    gone_.clear();
  }
}

}  // namespace
}  // namespace cqrs::bench

int main(int count, char** words) {
  const auto options = cqrs::bench::parse_options({words + 1, words + count});
  if (!options) {
    std::cerr << "usage: bench_http --port-file FILE [--latency MEDIAN_MS,SIGMA] [--seed N] "
                 "[--freeze-at S,FOR_S]\n";
    return 2;
  }
  cqrs::bench::Server server(*options);
  if (!server.listen()) {
    std::cerr << "bench_http: cannot listen: " << std::strerror(errno) << "\n";
    return 3;
  }
  server.run();
}
