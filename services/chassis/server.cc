#include "services/chassis/server.h"

#include "services/chassis/connection.h"
#include "services/chassis/response_writer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace cqrs::http {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kTick{250};
constexpr std::chrono::milliseconds kTickAtShutdown{20};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kLingerAtShutdown{200};
// Connections beyond the limit that are told so; further ones are closed without a word.
constexpr std::size_t kTurnedAwayMax = 128;
// The wall clock's number, which no thread has.
constexpr clockid_t kNoClock = CLOCK_REALTIME;

class Server final : public HttpServer {
 public:
  Server(const ServerOptions& options, const Router& router);
  ~Server() override { shutdown(std::chrono::milliseconds{0}); }

  [[nodiscard]] Status listen();
  void start();
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] ServerCounters counters() const override;
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const override;
  void shutdown(std::chrono::milliseconds patience) override;

 private:
  void accept();
  void on_accept(const error_code& ec, tcp::socket socket);
  void pause_accepting();
  void tick();
  void drain();
  void remove(Connection& connection);
  void begin_stop();
  void force_stop();
  void note_drained();

  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  boost::asio::steady_timer timer_{io_};
  boost::asio::steady_timer accept_timer_{io_};
  ServerContext context_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<Completions::Item> items_;  // kept for their memory
  std::vector<std::shared_ptr<Connection>> touched_;
  std::uint16_t port_ = 0;
  bool stopping_ = false;
  bool ended_ = false;  // nothing is to keep the thread any more
  std::thread thread_;
  std::atomic<clockid_t> cpu_clock_{kNoClock};  // of the I/O thread while it runs

  std::mutex shutdown_mutex_;  // one shutdown at a time
  std::mutex drained_mutex_;
  std::condition_variable drained_changed_;
  bool drained_ = false;
};

Server::Server(const ServerOptions& options, const Router& router) : context_(options, router) {
  context_.completions =
      std::make_shared<Completions>([this] { boost::asio::post(io_, [this] { drain(); }); });
  context_.on_closed = [this](Connection& connection) { remove(connection); };
  context_.fixed_headers = fixed_headers(std::time(nullptr));
}

Status Server::listen() {
  const ServerOptions& options = context_.options;
  const std::string name = options.address + ":" + std::to_string(options.port);
  error_code ec;
  const auto address = boost::asio::ip::make_address(options.address, ec);
  if (ec) {
    return invalid("address",
                   "\"" + options.address + "\" is no IP address: use one like 127.0.0.1 or ::");
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (ec == boost::asio::error::address_in_use) {
    return make_error(
        ErrorCode::kUnavailable,
        "address " + name +
            " is in use: stop the process that listens there, or choose another --listen");
  }
  if (ec) {
    return make_error(ErrorCode::kUnavailable, "cannot listen on " + name + " (" + ec.message() +
                                                   "): choose another --listen");
  }
  port_ = acceptor_.local_endpoint(ec).port();
  return {};
}

void Server::start() {
  accept();
  tick();
  thread_ = std::thread([this] {
    clockid_t clock{};
    if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0) cpu_clock_.store(clock);
    io_.run();
    cpu_clock_.store(kNoClock);
  });
}

std::chrono::nanoseconds Server::cpu_time() const {
  const clockid_t clock = cpu_clock_.load();
  timespec now{};
  if (clock == kNoClock || ::clock_gettime(clock, &now) != 0) return {};
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

ServerCounters Server::counters() const {
  constexpr auto kOrder = std::memory_order_relaxed;
  return {context_.accepted.load(kOrder), context_.open.load(kOrder),
          context_.requests.load(kOrder), context_.in_flight.load(kOrder),
          context_.rejected.load(kOrder)};
}

void Server::accept() {
  acceptor_.async_accept(
      [this](const error_code& ec, tcp::socket socket) { on_accept(ec, std::move(socket)); });
}

void Server::on_accept(const error_code& ec, tcp::socket socket) {
  if (stopping_ || ec == boost::asio::error::operation_aborted) return;
  if (ec == boost::system::errc::too_many_files_open ||
      ec == boost::system::errc::too_many_files_open_in_system ||
      ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory) {
    // The waiting client stays in the backlog and keeps the listener readable: trying again at once
    // would spin until some other connection closes.
    return pause_accepting();
  }
  const std::size_t limit = context_.options.connections_max;
  if (!ec && connections_.size() < limit + kTurnedAwayMax) {
    auto connection = std::make_shared<Connection>(std::move(socket), context_);
    connection->index = connections_.size();
    connections_.push_back(connection);
    context_.accepted.fetch_add(1, std::memory_order_relaxed);
    context_.open.store(connections_.size(), std::memory_order_relaxed);
    if (connections_.size() <= limit) {
      connection->start();
    } else {
      connection->turn_away();
    }
  }
  accept();
}

void Server::pause_accepting() {
  accept_timer_.expires_after(kAcceptPause);
  accept_timer_.async_wait([this](const error_code& ec) {
    if (!ec && !stopping_) accept();
  });
}

// The one timer: every time-out of every connection, and the Date header.
void Server::tick() {
  timer_.expires_after(stopping_ ? kTickAtShutdown : kTick);
  timer_.async_wait([this](const error_code& ec) {
    // A look that was due when the timers were closed comes without an error all the same.
    if (ec || ended_) return;
    context_.fixed_headers = fixed_headers(std::time(nullptr));
    const auto now = std::chrono::steady_clock::now();
    const auto snapshot = connections_;  // a time-out may remove its connection
    for (const auto& connection : snapshot) connection->check_time(now);
    tick();
  });
}

// Hands waiting answers to their connections, then lets each touched connection write once.
void Server::drain() {
  context_.completions->take(items_);
  for (Completions::Item& item : items_) {
    Connection* connection = item.sink->connection;
    if (connection == nullptr) continue;
    connection->fill(item.slot, std::move(item.response));
    if (!connection->touched) {
      connection->touched = true;
      touched_.push_back(connection->shared_from_this());
    }
  }
  items_.clear();
  for (const auto& connection : touched_) {
    connection->touched = false;
    connection->pump();
  }
  touched_.clear();
}

void Server::remove(Connection& connection) {
  const std::size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
  context_.open.store(connections_.size(), std::memory_order_relaxed);
  note_drained();
}

void Server::begin_stop() {
  stopping_ = true;
  context_.linger = kLingerAtShutdown;
  error_code ignored;
  acceptor_.close(ignored);
  accept_timer_.cancel();
  const auto snapshot = connections_;
  for (const auto& connection : snapshot) connection->begin_shutdown();
  note_drained();
  tick();  // replaces the slow tick that is waiting
}

void Server::force_stop() {
  ended_ = true;
  timer_.cancel();
  const auto snapshot = connections_;
  for (const auto& connection : snapshot) connection->close();
  // With the sockets, the acceptor and the timers closed, run() returns on its own.
}

void Server::note_drained() {
  if (!stopping_ || !connections_.empty()) return;
  const std::lock_guard lock(drained_mutex_);
  drained_ = true;
  drained_changed_.notify_all();
}

void Server::shutdown(std::chrono::milliseconds patience) {
  const std::lock_guard once(shutdown_mutex_);
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] { begin_stop(); });
  {
    std::unique_lock lock(drained_mutex_);
    drained_changed_.wait_for(lock, patience, [this] { return drained_; });
  }
  boost::asio::post(io_, [this] { force_stop(); });
  thread_.join();
  context_.completions->close();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> start_server(const ServerOptions& options,
                                                 const Router& router) {
  auto server = std::make_unique<Server>(options, router);
  CQRS_TRY(server->listen());
  server->start();
  return Result<std::unique_ptr<HttpServer>>(std::move(server));
}

}  // namespace cqrs::http
