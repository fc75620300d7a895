// A TCP proxy that misbehaves on request: slow, silent, cut, or losing just the answer to one
// request. Stands between a program and a server on loopback.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cqrs::support {

class FaultProxy {
 public:
  // Before the 127.0.0.1:PORT that stands in `url`, whatever else does.
  explicit FaultProxy(const std::string& url);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  // The same URL with the proxy's address. The port stays the same as long as it lives.
  [[nodiscard]] std::string url() const { return url_; }

  // Every piece of data is handed on so much later, in both directions.
  void delay(std::chrono::milliseconds by) { delay_ms_ = by.count(); }
  // Half-open: connections stay, new ones are accepted, and nothing passes.
  void freeze(bool frozen) { frozen_ = frozen; }
  // Ends all connections with a reset before it returns; `refuse`: and resets new ones until
  // accept_again().
  void reset(bool refuse = false);
  void accept_again() { refuse_ = false; }
  // The next `times` requests that contain `text` reach the server, but the connection is cut
  // before its answer comes through: whoever sent it cannot know what became of it.
  void lose_answer_to(std::string text, int times = 1);
  // Or they are cut before they reach the server.
  void lose_request(std::string text, int times = 1);
  // How often the last two struck.
  [[nodiscard]] int struck() const { return struck_; }

 private:
  struct Chunk {
    std::chrono::steady_clock::time_point due;
    std::string bytes;
  };
  struct Connection {
    int client = -1;
    int server = -1;
    bool answer_is_lost = false;
    std::deque<Chunk> to_server, to_client;
  };
  enum class Loss : std::uint8_t { kNone, kRequest, kAnswer };

  void run();
  void accept_one();
  // False: the connection is over.
  [[nodiscard]] bool take(Connection& connection, bool from_client);
  [[nodiscard]] static bool hand_on(std::deque<Chunk>& chunks, int to);
  [[nodiscard]] Loss loss_of(std::string_view request);
  static void close(const Connection& connection, bool reset);

  int port_ = 0;  // of the server
  int listener_ = -1;
  std::string url_;
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<bool> frozen_{false}, refuse_{false}, reset_now_{false}, stop_{false};
  std::atomic<int> struck_{0};
  std::mutex mutex_;  // guards the three below
  std::string text_;
  int times_ = 0;
  Loss kind_ = Loss::kNone;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace cqrs::support
