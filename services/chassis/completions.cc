#include "services/chassis/completions.h"

#include "services/chassis/connection.h"

#include <utility>

namespace cqrs::http {

void Completions::push(Item&& item) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  items_.push_back(std::move(item));
  if (items_.size() == 1) wake_();
}

void Completions::take(std::vector<Item>& items) {
  items.clear();
  const std::lock_guard lock(mutex_);
  items.swap(items_);
}

void Completions::close() {
  // Items hold sinks, and sinks hold this list: leaving them would keep the whole ring alive.
  std::vector<Item> dropped;
  const std::lock_guard lock(mutex_);
  open_ = false;
  dropped.swap(items_);
}

}  // namespace cqrs::http
