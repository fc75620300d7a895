// The stream to one role: calls wait here until they are written, and are known by their number
// until they are answered.
#pragma once

#include "cli/load/client_connection.h"
#include "cli/load/exchange_codec.h"
#include "cli/load/http2_stream.h"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace cqrs::load {

class ExchangeLink final : public Watcher {
 public:
  ExchangeLink(std::string role, const Endpoint& endpoint, std::chrono::milliseconds timeout,
               ClientRun& run);

  // Not during events, as for ClientConnection. Ends the run when the first attempt fails.
  void start();
  void add(Prepared&& request);
  // Writes what waits, as far as that is possible.
  void pump();
  void check_time(SteadyTime now);
  void abandon();
  void on_events(bool readable, bool writable) override;

  // The server has said that it serves.
  [[nodiscard]] bool serving() const { return state_ == State::kServing; }
  [[nodiscard]] bool was_serving() const { return was_serving_; }

 private:
  enum class State : std::uint8_t { kDown, kConnecting, kGreeted, kServing };
  struct Waiting {
    Prepared request;
    SteadyTime since;
  };
  struct Call {
    std::uint64_t tag = 0;
    SteadyTime scheduled;
    SteadyTime sent;
  };

  void connect();
  void read();
  void send_batch();
  void flush();
  void watch_writable(bool writable);
  void take_answer(const ExchangeAnswer& answer);
  void take_state(ServerState state);
  void lose(const std::string& reason);
  void report(const Call& call, Transport transport);
  void report_unknown();

  const std::string role_;
  const Endpoint endpoint_;
  const std::chrono::milliseconds timeout_;
  ClientRun& run_;
  Address address_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Http2Stream> wire_;
  std::deque<Waiting> waiting_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::deque<std::pair<std::uint64_t, SteadyTime>> sent_;  // numbers in order of sending
  std::uint64_t next_id_ = 1;
  std::string batch_;
  State state_ = State::kDown;
  bool was_serving_ = false;
  bool draining_ = false;  // nothing more may be sent on this stream
  bool write_waits_ = false;
  std::chrono::milliseconds pause_;
  SteadyTime now_;
  SteadyTime wake_;  // kDown: when to reconnect; else until when a greeting is waited for
};

}  // namespace cqrs::load
