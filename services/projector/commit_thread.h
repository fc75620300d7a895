// Carries out a projector's commits on a thread of its own.
#pragma once

#include "core/project/commit_lane.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace cqrs {

class CommitThread final : public CommitLane {
 public:
  CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;
  ~CommitThread() override;  // what has begun is carried out

  void begin(std::function<Status()> commit) override;
  [[nodiscard]] Status finish() override;
  [[nodiscard]] std::chrono::nanoseconds cpu_time() override;

 private:
  void run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::condition_variable done_;
  std::function<Status()> commit_;  // empty: nothing to do
  Status outcome_;
  std::chrono::nanoseconds cpu_time_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cqrs
