// Latency histogram with 3 significant digits from 1 us to 1 h (the HdrHistogram layout): fixed
// memory however long the run, mergeable, percentiles within 0.1 %.
#pragma once

#include <cstdint>
#include <vector>

namespace cqrs {

// Not thread-safe: one per thread, merged afterwards.
class Histogram {
 public:
  Histogram();
  // `times` samples of one value. Values outside 1 us … 1 h are counted at the nearest end.
  void record(std::int64_t micros, std::uint32_t times = 1);
  void merge(const Histogram& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double mean() const;
  // The value below which `percent` (0 … 100) of the samples lie; 0 without samples. The top of the
  // bucket that holds it, never more than the largest sample.
  [[nodiscard]] std::int64_t percentile(double percent) const;
  [[nodiscard]] std::int64_t max() const { return max_; }

 private:
  static std::size_t index_of(std::int64_t value);
  static std::int64_t top_of(std::size_t index);

  std::vector<std::uint32_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace cqrs
