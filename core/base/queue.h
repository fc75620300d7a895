// A bounded queue between threads that hands over everything waiting at once: the consumer's batch
// grows with load and it never waits while there is work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace cqrs {

// Any number of producers and consumers. After close() nothing more is accepted, and consumers
// drain what is left.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

  // False when the queue is full or closed; `item` is then untouched.
  [[nodiscard]] bool try_push(T& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= limit_) return false;
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }

  // Moves every item, all or none, so that a group is never half accepted.
  [[nodiscard]] bool try_push_all(std::vector<T>& group) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() + group.size() > limit_) return false;
      for (auto& item : group) items_.push_back(std::move(item));
    }
    group.clear();
    ready_.notify_one();
    return true;
  }

  // Waits for work so long at most; whether there is some, or nothing will come any more.
  [[nodiscard]] bool wait_for_work(std::chrono::microseconds at_most) {
    std::unique_lock lock(mutex_);
    return ready_.wait_for(lock, at_most, [&] { return closed_ || !items_.empty(); });
  }

  // Waits for work and takes at most `max` items in order of arrival; empty means closed and
  // drained.
  [[nodiscard]] std::vector<T> pop_batch(std::size_t max) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.size() <= max) return std::exchange(items_, {});
    std::vector<T> batch;
    batch.reserve(max);
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(max);
    std::move(items_.begin(), end, std::back_inserter(batch));
    items_.erase(items_.begin(), end);
    ready_.notify_one();
    return batch;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<T> items_;
  bool closed_ = false;
};

}  // namespace cqrs
