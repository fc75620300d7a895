// A TCP proxy that misbehaves on request: slow, silent, cut, dripping, or losing just the answer to
// one request. Stands on loopback between a program and a server; needs no privileges. One thread
// of its own carries all connections. Every member may be called from any thread.
#pragma once

#include "core/base/result.h"

#include "cli/faults/server_address.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cqrs {

// What is wrong with the way to a server. Nothing is by default.
struct LinkFaults {
  // Half-open, in one direction or both: connections stay, new ones are accepted, and nothing
  // passes. It is not lost, as TCP would repeat it: it arrives when this is over.
  bool requests_frozen = false;
  bool answers_frozen = false;
  bool refused = false;                // new connections are reset
  std::chrono::milliseconds delay{0};  // every piece of data is so much later, in each direction …
  std::chrono::milliseconds jitter{0};  // … and up to so much more, at random; the order stays
  std::uint64_t bytes_per_second = 0;   // in each direction of a connection; 0: no limit
  std::size_t slice = 0;                // pieces of so many bytes, 2 ms apart; 0: as they come
  std::uint64_t reset_after = 0;  // a connection is reset after so many bytes of both directions
  friend bool operator==(const LinkFaults&, const LinkFaults&) = default;
};

class FaultProxy {
 public:
  // Before `server`, whose name is looked up once. `port` 0: chosen. Error: unavailable (the host
  // is not known, the port is taken: names it).
  [[nodiscard]] static Result<std::unique_ptr<FaultProxy>> open(const ServerAddress& server,
                                                                std::uint16_t port = 0);
  // The same for the address in `url`; for tests: ends the program when it cannot.
  explicit FaultProxy(const std::string& url);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();  // resets what is connected

  // The address before which this stands, and its own: the port stays as long as it lives.
  [[nodiscard]] const ServerAddress& server() const { return server_; }
  [[nodiscard]] std::uint16_t port() const { return listening_port_; }
  // The URL that was given, with the proxy's address; empty after open().
  [[nodiscard]] std::string url() const { return url_; }

  // From now on, instead of everything that was set before.
  void set(const LinkFaults& faults);
  [[nodiscard]] LinkFaults faults() const;
  void heal() { set({}); }

  void delay(std::chrono::milliseconds by);
  void freeze(bool frozen);
  // Ends all connections with a reset before it returns; `refuse`: and resets new ones until
  // accept_again().
  void reset(bool refuse = false);
  void accept_again();
  // The next `times` requests that contain `text` reach the server, but the connection is cut
  // before its answer comes through: whoever sent it cannot know what became of it.
  void lose_answer_to(std::string text, int times = 1);
  // Or they are cut before they reach the server.
  void lose_request(std::string text, int times = 1);
  // How often the last two struck.
  [[nodiscard]] int struck() const { return struck_; }
  [[nodiscard]] int connections() const { return open_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Chunk {
    Time due;
    std::string bytes;
  };
  // One direction of a connection.
  struct Pipe {
    std::deque<Chunk> chunks;
    std::size_t queued = 0;  // bytes in them
    bool ended = false;      // the sender has no more …
    bool told = false;       // … and the receiver knows
    double allowance = 0;    // bytes that may pass now under bytes_per_second
    Time last{};             // when that was reckoned
    Time next_slice{};
  };
  struct Connection {
    int client = -1;
    int server = -1;
    bool answer_is_lost = false;
    std::uint64_t passed = 0;
    Pipe requests, answers;
  };
  enum class Loss : std::uint8_t { kNone, kRequest, kAnswer };

  explicit FaultProxy(const ServerAddress& server) : server_(server) {}
  [[nodiscard]] Status start(std::uint16_t port);
  template <class Change>
  void change(Change&& change);
  void wake() const;
  void run();
  // How long poll() may wait, in milliseconds; -1: until something happens.
  [[nodiscard]] int patience(const LinkFaults& faults) const;
  void accept_one(bool refused);
  // False: the connection is over, by a reset.
  [[nodiscard]] bool serve(Connection& connection, short client, short server,
                           const LinkFaults& faults);
  [[nodiscard]] bool take(Connection& connection, bool from_client, const LinkFaults& faults);
  [[nodiscard]] bool hand_on(Connection& connection, bool to_server, const LinkFaults& faults);
  [[nodiscard]] Loss loss_of(std::string_view request);
  static void close(const Connection& connection, bool reset);

  ServerAddress server_;
  sockaddr_in target_{};
  int listener_ = -1;
  int wake_ = -1;  // an eventfd: something was changed
  std::uint16_t listening_port_ = 0;
  std::string url_;
  std::atomic<bool> reset_now_{false}, stop_{false};
  std::atomic<int> struck_{0}, open_{0};
  mutable std::mutex mutex_;  // guards the four below
  LinkFaults faults_;
  std::string text_;
  int times_ = 0;
  Loss kind_ = Loss::kNone;
  std::uint64_t dice_ = 1;  // the thread's own, as the next
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace cqrs
