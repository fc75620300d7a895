// A write store that tells how much processor time its own work took, without what the callback
// decides: the line between "decide" and "store" in the cost per command.
#pragma once

#include "core/write/write_store.h"

#include "services/chassis/cpu_time.h"

namespace cqrs {

// Used by one thread, as the store below.
class TimedWriteStore final : public WriteStore {
 public:
  // `store` must outlive it.
  explicit TimedWriteStore(WriteStore& store) : store_(store) {}

  [[nodiscard]] Status transact(const Touched& touched,
                                const std::function<Changes(const Loaded&)>& decide) override {
    std::chrono::nanoseconds deciding{};
    const auto started = thread_cpu_time();
    auto status = store_.transact(touched, [&](const Loaded& loaded) {
      const auto called = thread_cpu_time();
      Changes changes = decide(loaded);
      deciding += thread_cpu_time() - called;
      return changes;
    });
    spent_ += thread_cpu_time() - started - deciding;
    return status;
  }

  void announce() override {
    const auto started = thread_cpu_time();
    store_.announce();
    spent_ += thread_cpu_time() - started;
  }

  // Since the last call.
  [[nodiscard]] std::chrono::nanoseconds take_spent() { return std::exchange(spent_, {}); }

 private:
  WriteStore& store_;
  std::chrono::nanoseconds spent_{};
};

}  // namespace cqrs
