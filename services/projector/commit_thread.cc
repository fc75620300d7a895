#include "services/projector/commit_thread.h"

#include "services/chassis/cpu_time.h"

#include <utility>

namespace cqrs {

CommitThread::CommitThread() : thread_([this] { run(); }) {}

CommitThread::~CommitThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CommitThread::begin(std::function<Status()> commit) {
  {
    const std::lock_guard lock(mutex_);
    commit_ = std::move(commit);
  }
  wake_.notify_one();
}

Status CommitThread::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return !commit_; });
  return std::move(outcome_);
}

std::chrono::nanoseconds CommitThread::cpu_time() {
  const std::lock_guard lock(mutex_);
  return cpu_time_;
}

void CommitThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return commit_ || stopping_; });
    if (!commit_) return;
    lock.unlock();
    Status outcome = commit_();
    lock.lock();
    outcome_ = std::move(outcome);
    cpu_time_ = thread_cpu_time();
    commit_ = nullptr;
    done_.notify_one();
  }
}

}  // namespace cqrs
