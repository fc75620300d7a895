// A server that goes away and comes back: what stands between a store and the real one.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::support {

// Hands bytes on between connections to its own port and the server of `url`, in a thread.
class Relay {
 public:
  explicit Relay(const std::string& url);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  [[nodiscard]] std::string url() const;
  // Cuts every connection and refuses new ones, until up().
  void down();
  void up();

 private:
  struct Pair {
    int client = -1;
    int server = -1;
  };
  void listen_again();
  void run();
  void accept_one();
  [[nodiscard]] static bool pass(int from, int to);

  std::string host_;
  int port_ = 0;      // of the server
  int own_port_ = 0;  // the same one every time
  int listener_ = -1;
  std::vector<Pair> pairs_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace cqrs::support
