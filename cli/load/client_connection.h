// One connection of the load client: keeps up to `depth` requests unanswered, knows exactly which
// bytes may have left, and so which requests may be sent again after a break.
#pragma once

#include "cli/load/pipeline_client.h"
#include "cli/load/reactor.h"
#include "cli/load/response_parser.h"
#include "cli/load/stream.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace cqrs::load {

class ClientConnection;

// What a connection needs of the run it belongs to.
class ClientRun {
 public:
  ClientRun() = default;
  ClientRun(const ClientRun&) = delete;
  ClientRun& operator=(const ClientRun&) = delete;
  virtual ~ClientRun() = default;

  [[nodiscard]] virtual bool pull(Prepared& request) = 0;
  virtual void report(const Answer& answer) = 0;
  // Connected, or answered: it has room.
  virtual void ready(ClientConnection& connection) = 0;
  virtual void connected() = 0;
  virtual void connect_failed(ClientConnection& connection, const std::string& reason) = 0;
  virtual void disconnected(ClientConnection& connection) = 0;
  // Pulled and not reported.
  [[nodiscard]] virtual std::uint64_t open_requests() const = 0;
  // Ends the run with this error.
  virtual void fail(Error error) = 0;
  // A request that certainly did not leave before its connection broke.
  virtual void give_back(Prepared&& request) = 0;
  // There were connections, and now none is up.
  [[nodiscard]] virtual bool all_down() const = 0;

  [[nodiscard]] virtual Result<std::unique_ptr<Stream>> open_stream() = 0;
  [[nodiscard]] virtual Reactor& reactor() = 0;
  // Where what arrives is put: shared, because nothing stays in it between two events.
  [[nodiscard]] virtual char* input() = 0;
};
constexpr std::size_t kClientInput = 128UL * 1024;

class ClientConnection final : public Watcher {
 public:
  ClientConnection(const ClientOptions& options, ClientRun& run);

  // Not during the events of other connections: what those still tell of an earlier socket would be
  // taken for this one's.
  void connect();
  // Takes up to `quantum` requests from the run and writes them; returns how many. While the whole
  // run is down they wait here for the next connection, and their waiting counts as latency.
  std::size_t fill(std::size_t quantum);
  // Sends one request; needs room.
  void send(Prepared& request);
  void check_time(SteadyTime now);
  // The end of the run: what was sent is reported unknown, what was not is refused.
  void abandon();
  void on_events(bool readable, bool writable) override;

  [[nodiscard]] bool idle() const { return entries_.empty(); }
  [[nodiscard]] bool up() const { return state_ == State::kUp; }
  [[nodiscard]] bool has_room() const { return up() && entries_.size() < options_.depth; }
  // Marks of the supply it belongs to.
  bool listed = false;   // among the idle ones
  bool opening = false;  // the attempt to connect is not over

 private:
  enum class State : std::uint8_t { kDown, kConnecting, kHandshaking, kUp };
  struct Entry {
    std::uint64_t tag = 0;
    std::uint64_t begin = 0;  // its first byte's place in this connection's stream
    SteadyTime scheduled;
    SteadyTime sent;
    bool head = false;
  };

  void on_connected();
  void handshake();
  void fail_connect(const std::string& reason);
  void close();
  void stage(const Prepared& request);
  void write();
  void watch_writable(bool writable);
  void read();
  // Reads from the front of `bytes` and keeps the rest. False when the connection was given up.
  [[nodiscard]] bool parse(std::string_view bytes);
  void answer_front(const ResponseView& response);
  void report_front(Transport transport);
  void lose(Transport late = Transport::kUnknown);
  void return_unsent();
  void refuse_all();

  const ClientOptions& options_;
  ClientRun& run_;
  std::unique_ptr<Stream> stream_;
  ResponseParser parser_;
  Prepared scratch_;  // kept for its memory
  std::deque<Entry> entries_;
  std::size_t unsent_ = 0;      // so many of the last entries have no byte given away
  std::string output_;          // staged; the first `written_` bytes are done with
  std::size_t written_ = 0;     // within output_
  std::uint64_t accepted_ = 0;  // stream offset up to which bytes are done with
  std::uint64_t exposed_ = 0;   // stream offset up to which bytes may have left; >= accepted_
  std::uint64_t staged_ = 0;    // stream offset of the end of output_
  std::string rest_;            // of the input: the beginning of an answer
  State state_ = State::kDown;
  bool write_waits_ = false;
  std::chrono::milliseconds backoff_;
  SteadyTime now_;
  SteadyTime down_since_;
  SteadyTime wake_;  // kDown: when to reconnect; kConnecting, kHandshaking: when to give up
};

}  // namespace cqrs::load
