// A thread that knows which generation of the views is live and how far it has come, where another
// process fills the views: it looks, every few milliseconds while they are behind.
#pragma once

#include "core/read/generation_catalog.h"
#include "core/read/read_store.h"
#include "core/write/history.h"

#include "services/chassis/head_follower.h"
#include "services/chassis/read_position.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cqrs {

class ViewFollower {
 public:
  using OpenStore = std::function<Result<std::unique_ptr<ReadStore>>(int generation)>;
  struct Stores {
    std::unique_ptr<GenerationCatalog> catalog;
    std::unique_ptr<History> record;
    std::unique_ptr<HeadWatch> watch;
    OpenStore open_views;
  };
  // `position` must outlive it, and gets no listener any more once this runs.
  ViewFollower(Stores stores, ReadPosition& position);
  ViewFollower(const ViewFollower&) = delete;
  ViewFollower& operator=(const ViewFollower&) = delete;
  ~ViewFollower();  // as stop()

  [[nodiscard]] Position head() const { return head_.head(); }
  // Why nothing can be read, empty when it can. Thread-safe.
  [[nodiscard]] std::string problem() const;
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  void run();
  [[nodiscard]] Status look();
  [[nodiscard]] Status look_which();
  void look_when(Position applied);
  void wait();

  Stores stores_;
  ReadPosition& position_;
  std::unique_ptr<ReadStore> views_;
  int generation_ = 0;
  Timestamp last_event_;
  Position last_event_at_ = 0;
  Steady::time_point look_which_at_{};
  Steady::time_point look_when_at_{};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::string problem_;
  HeadFollower head_;
  std::thread thread_;
};

}  // namespace cqrs
