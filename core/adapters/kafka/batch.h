// Records as the driver hands them out, owned until the next are taken.
#pragma once

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>

namespace cqrs::kafka {

// Records taken from the driver in one go, and so held twice for a moment.
inline constexpr std::size_t kBatch = 1'000;

class Batch {
 public:
  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { clear(); }

  // Waits until there are `max`, or no longer than that.
  [[nodiscard]] std::span<rd_kafka_message_t* const> take(rd_kafka_queue_t* queue,
                                                          std::chrono::milliseconds wait,
                                                          std::size_t max) {
    clear();
    const auto count = rd_kafka_consume_batch_queue(queue, static_cast<int>(wait.count()),
                                                    records_.data(), std::min(max, kBatch));
    count_ = count < 0 ? 0 : static_cast<std::size_t>(count);
    return {records_.data(), count_};
  }

 private:
  void clear() {
    for (std::size_t i = 0; i < count_; ++i) rd_kafka_message_destroy(records_[i]);
    count_ = 0;
  }

  std::array<rd_kafka_message_t*, kBatch> records_{};
  std::size_t count_ = 0;
};

}  // namespace cqrs::kafka
