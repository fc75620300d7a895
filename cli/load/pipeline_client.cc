#include "cli/load/pipeline_client.h"

#include "cli/load/client_connection.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

namespace cqrs::load {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// With nothing to send the source is asked this often: it bounds how late a scheduled request
// starts.
constexpr std::chrono::milliseconds kTickStarved{1};
constexpr std::chrono::milliseconds kTick{10};
// Requests that become due together are spread over the connections in portions of this size.
constexpr std::size_t kQuantum = 16;

std::string show(const Endpoint& endpoint) {
  return endpoint.host + ":" + std::to_string(endpoint.port);
}

class Run final : public ClientRun {
 public:
  Run(const ClientOptions& options, const ClientCallbacks& callbacks, const std::atomic<bool>& stop)
      : options_(options), callbacks_(callbacks), stop_(stop) {}

  [[nodiscard]] Status run();

  [[nodiscard]] bool pull(Prepared& request) override {
    if (exhausted_ || over_) return false;
    if (callbacks_.next(request)) return true;
    starved_ = true;
    return false;
  }
  void report(const Answer& answer) override { callbacks_.done(answer); }
  void connected() override {
    ++up_;
    ever_up_ = true;
  }
  void disconnected() override { --up_; }
  [[nodiscard]] bool all_down() const override { return ever_up_ && up_ == 0; }
  void connect_failed(const std::string& reason) override {
    if (ever_up_ || ++failures_ < connections_.size()) return;
    end();
    failure_ = make_error(ErrorCode::kUnavailable, "cannot connect to " + show(options_.endpoint) +
                                                       ": " + reason + ": is the server running?");
  }

 private:
  [[nodiscard]] Result<tcp::endpoint> resolve();
  void arm(std::chrono::milliseconds pause);
  void tick();
  void fill_all();
  void end() {
    over_ = true;
    io_.stop();
  }

  const ClientOptions& options_;
  const ClientCallbacks& callbacks_;
  const std::atomic<bool>& stop_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::size_t turn_ = 0;
  std::size_t up_ = 0;
  std::size_t failures_ = 0;
  bool ever_up_ = false;
  bool starved_ = false;    // `next` had nothing since the last tick
  bool exhausted_ = false;  // `idle` said that nothing more will come
  bool over_ = false;
  Status failure_;
};

Result<tcp::endpoint> Run::resolve() {
  tcp::resolver resolver(io_);
  error_code ec;
  const auto found =
      resolver.resolve(options_.endpoint.host, std::to_string(options_.endpoint.port), ec);
  if (ec || found.empty()) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot resolve " + show(options_.endpoint) + ": " + ec.message());
  }
  // "localhost" may resolve to ::1 first while servers listen on 127.0.0.1: prefer IPv4.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

Status Run::run() {
  const Result<tcp::endpoint> endpoint = resolve();
  if (!endpoint.ok()) return endpoint.error();
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
    connections_.push_back(std::make_unique<ClientConnection>(io_, *endpoint, options_, *this));
  }
  for (const auto& connection : connections_) connection->connect();
  arm(kTickStarved);
  io_.run();
  over_ = true;
  for (const auto& connection : connections_) connection->abandon();
  return failure_;
}

void Run::arm(std::chrono::milliseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([this](const error_code& ec) {
    if (!ec) tick();
  });
}

void Run::tick() {
  callbacks_.tick();
  if (stop_.load(std::memory_order_relaxed)) {
    end();
    return;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const auto& connection : connections_) connection->check_time(now);
  fill_all();
  if (starved_ && !exhausted_ && !callbacks_.idle()) exhausted_ = true;
  if (exhausted_ && std::all_of(connections_.begin(), connections_.end(),
                                [](const auto& connection) { return connection->idle(); })) {
    end();
    return;
  }
  arm(starved_ ? kTickStarved : kTick);
  // Once exhausted the end is what we wait for: keep the short tick.
  starved_ = exhausted_;
}

void Run::fill_all() {
  std::size_t taken = 1;
  while (taken > 0) {
    taken = 0;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      taken += connections_[turn_++ % connections_.size()]->fill(kQuantum);
    }
  }
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  const auto refuse = [url](std::string_view why) {
    return invalid("url", "\"" + std::string(url) + "\" " + std::string(why) +
                              ": use a form like http://127.0.0.1:8080");
  };
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return refuse("does not start with http://");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return refuse("has more than a host and a port");
  }
  Endpoint endpoint;
  endpoint.port = 80;
  if (rest.starts_with('[')) {  // an IPv6 address in brackets
    const std::size_t bracket = rest.find(']');
    if (bracket == std::string_view::npos) return refuse("lacks a closing bracket");
    endpoint.host = rest.substr(1, bracket - 1);
    rest.remove_prefix(bracket + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, colon);
    rest.remove_prefix(colon);
  }
  if (endpoint.host.empty()) return refuse("names no host");
  if (rest.empty()) return endpoint;
  const char* const last = rest.data() + rest.size();
  const auto [end, error] = std::from_chars(rest.data() + 1, last, endpoint.port);
  if (rest.front() != ':' || error != std::errc() || end != last || endpoint.port == 0) {
    return refuse("has a bad port");
  }
  return endpoint;
}

Status run_client(const ClientOptions& options, const ClientCallbacks& callbacks,
                  const std::atomic<bool>& stop) {
  return Run(options, callbacks, stop).run();
}

}  // namespace cqrs::load
