#include "services/projector/cache_ticks.h"

#include "core/project/forwarding_store.h"

#include <utility>

namespace cqrs {
namespace {

// Owned by its runner; the ticks only borrow what is in it.
class Ticking final : public ForwardingStore {
 public:
  explicit Ticking(std::shared_ptr<AnnouncingStore> store)
      : ForwardingStore(*store), store_(std::move(store)) {}

 private:
  std::shared_ptr<AnnouncingStore> store_;
};

}  // namespace

CacheTicks::CacheTicks() : thread_([this] { run(); }) {}

CacheTicks::~CacheTicks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::unique_ptr<ProjectionStore> CacheTicks::ticking(std::unique_ptr<AnnouncingStore> store) {
  std::shared_ptr<AnnouncingStore> shared = std::move(store);
  const std::lock_guard lock(mutex_);
  stores_.push_back(shared);
  return std::make_unique<Ticking>(std::move(shared));
}

void CacheTicks::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return !under_way_; });
}

void CacheTicks::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kCacheTick, [this] { return stopping_; })) {
    std::vector<std::shared_ptr<AnnouncingStore>> alive;
    for (const auto& store : stores_) {
      if (auto owned = store.lock()) alive.push_back(std::move(owned));
    }
    stores_.assign(alive.begin(), alive.end());
    under_way_ = true;
    lock.unlock();
    for (const auto& store : alive) store->tick();
    alive.clear();
    lock.lock();
    under_way_ = false;
    settled_.notify_all();
  }
}

}  // namespace cqrs
