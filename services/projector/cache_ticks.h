// A thread that keeps the cache's guards alive while there is nothing to commit.
#pragma once

#include "core/project/announcing_store.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cqrs {

class CacheTicks {
 public:
  CacheTicks();
  CacheTicks(const CacheTicks&) = delete;
  CacheTicks& operator=(const CacheTicks&) = delete;
  ~CacheTicks();

  // The same store, ticking as long as it lives. Thread-safe.
  [[nodiscard]] std::unique_ptr<ProjectionStore> ticking(std::unique_ptr<AnnouncingStore> store);
  // Returns when no tick that began before is under way.
  void settle();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  bool stopping_ = false;
  bool under_way_ = false;
  std::vector<std::weak_ptr<AnnouncingStore>> stores_;
  std::thread thread_;
};

}  // namespace cqrs
