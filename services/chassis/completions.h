// The way back from any thread to the I/O thread: answers are collected in one list for all
// connections, so that a batch of answers costs one wake-up and one write per connection.
#pragma once

#include "services/chassis/http.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace cqrs::http {

class AnswerSink;

// Outlives the server: a Responder may be dropped by a worker long after the last shutdown.
class Completions {
 public:
  struct Item {
    std::shared_ptr<AnswerSink> sink;
    std::uint64_t slot = 0;
    Response response;
  };

  // `wake` makes the I/O thread call take(); it is called under the lock and must only post.
  explicit Completions(std::function<void()> wake) : wake_(std::move(wake)) {}

  // From any thread. Only the push that finds the list empty wakes the I/O thread.
  void push(Item&& item);
  // Swaps the waiting items into `items`, which keeps both vectors' memory in use.
  void take(std::vector<Item>& items);
  // Drops what waits and all that comes later; `wake` is not called any more after this returns.
  void close();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Item> items_;
  bool open_ = true;
};

}  // namespace cqrs::http
