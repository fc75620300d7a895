// One connection of the load client: keeps up to `depth` requests unanswered, knows exactly which
// bytes the kernel has taken, and so which requests may be sent again after a break.
#pragma once

#include "cli/load/pipeline_client.h"
#include "cli/load/response_parser.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace cqrs::load {

// What a connection needs of the run it belongs to.
class ClientRun {
 public:
  ClientRun() = default;
  ClientRun(const ClientRun&) = delete;
  ClientRun& operator=(const ClientRun&) = delete;
  virtual ~ClientRun() = default;

  [[nodiscard]] virtual bool pull(Prepared& request) = 0;
  virtual void report(const Answer& answer) = 0;
  virtual void connected() = 0;
  virtual void connect_failed(const std::string& reason) = 0;
  virtual void disconnected() = 0;
  // There were connections, and now none is up.
  [[nodiscard]] virtual bool all_down() const = 0;
};

class ClientConnection {
 public:
  ClientConnection(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& endpoint,
                   const ClientOptions& options, ClientRun& run);

  void connect();
  // Takes up to `quantum` requests from the run and writes them; returns how many. While the whole
  // run is down they wait here for the next connection, and their waiting counts as latency.
  std::size_t fill(std::size_t quantum);
  void check_time(SteadyTime now);
  // The end of the run: what was sent is reported unknown, what was not is refused.
  void abandon();
  [[nodiscard]] bool idle() const { return entries_.empty(); }

 private:
  enum class State : std::uint8_t { kDown, kConnecting, kUp };
  struct Entry {
    std::uint64_t tag = 0;
    std::uint64_t begin = 0;  // its first byte's place in this connection's stream
    SteadyTime scheduled;
    SteadyTime sent;
    bool head = false;
  };

  void on_connect(const boost::system::error_code& ec);
  void fail_connect(const std::string& reason);
  void stage(Prepared& request);
  void write();
  void read();
  void on_read(const boost::system::error_code& ec, std::size_t bytes);
  // False when the connection was given up.
  [[nodiscard]] bool parse_input();
  void answer_front(const ResponseView& response);
  void report_front(Transport transport);
  void lose();
  void reconnect_later();
  void refuse_all();

  const boost::asio::ip::tcp::endpoint endpoint_;
  const ClientOptions& options_;
  ClientRun& run_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_;
  ResponseParser parser_;
  Prepared scratch_;  // kept for its memory
  std::deque<Entry> entries_;
  std::string output_;  // staged; the first `written_` bytes are with the kernel
  std::size_t written_ = 0;
  std::uint64_t accepted_ = 0;  // stream offset up to which the kernel has taken bytes
  std::uint64_t staged_ = 0;    // stream offset of the end of output_
  std::unique_ptr<char[]> input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  State state_ = State::kDown;
  std::uint64_t generation_ = 0;  // handlers of an earlier socket recognise themselves by it
  bool write_waits_ = false;
  std::chrono::milliseconds backoff_;
  SteadyTime now_;
  SteadyTime down_since_;
};

}  // namespace cqrs::load
