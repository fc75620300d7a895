// One client connection: reads ahead, dispatches, keeps answers in request order, writes them in
// batches and ends the connection so that the client can read what it was sent. I/O thread only.
#pragma once

#include "services/chassis/completions.h"
#include "services/chassis/request_parser.h"
#include "services/chassis/server.h"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::http {

class Connection;
using SteadyTime = std::chrono::steady_clock::time_point;

// What the connections of one server share. Written by the I/O thread only; counters read anywhere.
struct ServerContext {
  ServerContext(const ServerOptions& o, const Router& r) : options(o), router(r) {}

  const ServerOptions options;
  const Router& router;
  std::shared_ptr<Completions> completions;
  std::string fixed_headers;
  std::function<void(Connection&)> on_closed;
  std::chrono::milliseconds linger{2000};  // how long a client may take to read its last answer
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> rejected{0};
};

// What Responders hold. It survives its connection, which is cleared when that one closes.
class AnswerSink final : public Responder::Sink, public std::enable_shared_from_this<AnswerSink> {
 public:
  AnswerSink(std::shared_ptr<Completions> completions, Connection* owner)
      : connection(owner), completions_(std::move(completions)) {}
  void answer(std::uint64_t slot, Response&& response) override;

  Connection* connection;  // I/O thread only

 private:
  const std::shared_ptr<Completions> completions_;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ServerContext& context);

  void start();
  // Answers 503 and closes: the server has no room.
  void turn_away();
  // Stores one answer; nothing is written before pump().
  void fill(std::uint64_t slot, Response&& response);
  // Does everything that is possible now: parse, dispatch, gather, write, read, end.
  void pump();
  void check_time(SteadyTime now);
  // Accepts no further request; ends after the last answer.
  void begin_shutdown();
  void close();

  std::size_t index = 0;  // place in the server's table
  bool touched = false;   // already in the current drain's list

 private:
  struct Slot {
    Response response;
    std::string request_id;
    bool ready = false;
    bool head = false;
    bool http_1_0 = false;
    bool close = false;
  };

  [[nodiscard]] std::size_t unanswered() const { return slots_.size() - first_; }
  [[nodiscard]] bool full() const;
  [[nodiscard]] bool parse_input();
  void dispatch();
  void refuse(Response&& response);
  void gather();
  void read();
  void on_read(const boost::system::error_code& ec, std::size_t bytes);
  void write();
  void on_writable(const boost::system::error_code& ec);
  void end_when_done();
  void linger();

  boost::asio::ip::tcp::socket socket_;
  ServerContext& context_;
  std::shared_ptr<AnswerSink> sink_;
  RequestParser parser_;
  std::size_t capacity_;
  std::unique_ptr<char[]> input_;
  std::size_t begin_ = 0;  // unparsed input is [begin_, end_)
  std::size_t end_ = 0;
  std::vector<Slot> slots_;  // [first_, size()) wait for their turn; gathered ones are cut off late
  std::size_t first_ = 0;
  std::uint64_t first_slot_ = 0;  // number of slots_[first_]
  std::string output_;            // gathered, not yet handed to the socket
  std::string writing_;
  std::size_t written_ = 0;
  SteadyTime now_;
  SteadyTime request_started_;
  SteadyTime last_activity_;
  SteadyTime last_write_;
  SteadyTime linger_until_;
  std::size_t linger_bytes_ = 0;
  bool from_loopback_ = false;
  bool accepting_ = true;  // further requests may come
  bool peer_done_ = false;
  bool request_timed_ = false;
  bool reading_ = false;
  bool write_waits_ = false;
  bool continue_due_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace cqrs::http
