// The one thread of an end of the hop: it polls gRPC's completion queue, runs what the events mean,
// and keeps the time. One thread for all, because handlers expect that they run one at a time.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace cqrs::rpc {

using SteadyTime = std::chrono::steady_clock::time_point;

// What an operation of gRPC is started with; called once when it has ended.
class Tag {
 public:
  Tag() = default;
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;
  virtual ~Tag() = default;
  virtual void done(bool ok) = 0;
  // gRPC hands back the same void*, which must be that of a Tag and not of what derives from it.
  [[nodiscard]] void* raw() { return this; }
};

template <class Owner, void (Owner::*kDone)(bool)>
class MemberTag final : public Tag {
 public:
  explicit MemberTag(Owner& owner) : owner_(owner) {}
  void done(bool ok) override { (owner_.*kDone)(ok); }  // may destroy this tag

 private:
  Owner& owner_;
};

// A list from any thread to the completion queue's. No event is made while one is coming, so that a
// crowd of items costs one wake-up. Must be closed before the queue is shut down.
template <class T>
class Inbox final : private Tag {
 public:
  // `awake` runs on the queue's thread and must call take().
  Inbox(grpc::CompletionQueue& queue, std::function<void()> awake)
      : queue_(queue), awake_(std::move(awake)) {}

  // Moves from `item`. False once closed; it is then untouched.
  bool push(T& item) {
    {
      const std::lock_guard lock(mutex_);
      if (!open_) return false;
      items_.push_back(std::move(item));
      if (std::exchange(coming_, true)) return true;
    }
    // Not under the lock, which the woken thread wants at once.
    alarm_.Set(&queue_, gpr_time_0(GPR_CLOCK_MONOTONIC), raw());
    return true;
  }
  // Swaps the waiting items into `items`, which keeps both vectors' memory in use.
  void take(std::vector<T>& items) {
    items.clear();
    const std::lock_guard lock(mutex_);
    items.swap(items_);
  }
  // Waits for the event that is coming, if any. Not on the queue's thread.
  void close() {
    std::unique_lock lock(mutex_);
    open_ = false;
    arrived_.wait(lock, [this] { return !coming_; });
  }

 private:
  void done(bool /*ok*/) override {
    {
      const std::lock_guard lock(mutex_);
      coming_ = false;
      if (!open_) arrived_.notify_all();
    }
    awake_();
  }

  grpc::CompletionQueue& queue_;
  const std::function<void()> awake_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  grpc::Alarm alarm_;
  std::vector<T> items_;
  bool open_ = true;
  bool coming_ = false;
};

class RpcThread final {
 public:
  // Something with time-outs. tick() runs on the thread and tells when it wants to be called next.
  class Clocked {
   public:
    virtual ~Clocked() = default;
    virtual SteadyTime tick(SteadyTime now) = 0;
  };

  explicit RpcThread(std::unique_ptr<grpc::CompletionQueue> queue);
  RpcThread(const RpcThread&) = delete;
  RpcThread& operator=(const RpcThread&) = delete;
  ~RpcThread() { stop(); }

  void start();
  // Nothing may be posted, and no operation started, from here on; what is under way is awaited.
  void stop();
  [[nodiscard]] grpc::CompletionQueue& queue() { return *queue_; }
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;
  // Runs `task` on the thread. From any thread.
  void post(std::function<void()> task) { tasks_.push(task); }

  // On the thread only.
  void add(Clocked& clocked) { clocked_.push_back(&clocked); }
  void remove(Clocked& clocked) { std::erase(clocked_, &clocked); }
  void tick_at(SteadyTime at) { next_tick_ = std::min(next_tick_, at); }

 private:
  void run();
  void run_tasks();

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  Inbox<std::function<void()>> tasks_;
  std::vector<std::function<void()>> taken_;
  std::vector<Clocked*> clocked_;
  SteadyTime next_tick_ = SteadyTime::max();
  std::atomic<clockid_t> cpu_clock_{
      CLOCK_REALTIME};  // the wall clock's number, which no thread has
  std::thread thread_;
  bool stopped_ = false;
};

}  // namespace cqrs::rpc
