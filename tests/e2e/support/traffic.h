// Clients of a running system that write and read the same few entities, for tests in which
// something happens beneath them. A reader notes whatever it should never have seen.
#pragma once

#include "tests/e2e/support/system.h"

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::e2e {

class Traffic {
 public:
  static constexpr std::size_t kProducts = 16;

  // Creates the products. The service must be up; the threads stop when it is away.
  Traffic(const TestSystem& system, int writers, int readers);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Ends the threads, whatever they are doing. Idempotent.
  void stop();
  [[nodiscard]] std::int64_t writes() const { return writes_; }  // acknowledged
  [[nodiscard]] std::int64_t reads() const { return reads_; }    // answered
  // What readers complained about, the first few.
  [[nodiscard]] std::vector<std::string> complaints() const;
  // The highest version that anybody saw of a product.
  [[nodiscard]] std::int64_t seen(std::size_t product) const { return seen_.at(product); }
  [[nodiscard]] static std::string product_id(std::size_t product);

 private:
  void write(std::uint16_t port, std::size_t writer, std::size_t writers);
  void read(std::uint16_t port, std::size_t reader);
  void complain(const std::string& what);

  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> writes_{0};
  std::atomic<std::int64_t> reads_{0};
  std::array<std::atomic<std::int64_t>, kProducts> acknowledged_{};
  std::array<std::atomic<std::int64_t>, kProducts> seen_{};
  mutable std::mutex mutex_;
  std::vector<std::string> complaints_;
  std::vector<std::thread> threads_;
};

}  // namespace cqrs::e2e
