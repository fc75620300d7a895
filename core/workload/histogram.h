// Latency histogram with 3 significant digits from 1 us to 1 h (the HdrHistogram layout):
// mergeable, percentiles within 0.1 %. Its memory follows the largest value and never the number of
// samples: 62 kB at 100 ms, 186 kB at most, nothing before the first sample.
#pragma once

#include <cstdint>
#include <vector>

namespace cqrs {

// Not thread-safe: one per thread, merged afterwards. Equal are those with the same count in each
// bucket and the same smallest value, largest value and sum.
class Histogram {
 public:
  static constexpr std::int64_t kLowest = 1;               // us
  static constexpr std::int64_t kHighest = 3'600'000'000;  // us
  static constexpr int kDigits = 3;

  // All values from low to high, both included.
  struct Bucket {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::uint64_t count = 0;
    [[nodiscard]] std::int64_t middle() const { return low + (high - low + 1) / 2; }
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  // `times` samples of one value. Values outside 1 us … 1 h are counted at the nearest end.
  void record(std::int64_t micros, std::uint64_t times = 1);
  void merge(const Histogram& other);
  void clear();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] double mean() const;
  // Of the middles of the buckets, as HdrHistogram has it; 0 without samples.
  [[nodiscard]] double standard_deviation() const;
  // The value below which `percent` (0 … 100) of the samples lie; 0 without samples. The top of the
  // bucket that holds it, never more than the largest sample.
  [[nodiscard]] std::int64_t percentile(double percent) const;
  [[nodiscard]] std::int64_t min() const { return min_; }  // 0 without samples
  [[nodiscard]] std::int64_t max() const { return max_; }  // 0 without samples

  // Calls visit(const Bucket&) for every bucket that holds samples, smallest values first.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > 0) visit(Bucket{low_of(i), top_of(i), counts_[i]});
    }
  }

  // From what another implementation or layout counted, in order of value. Without the samples
  // themselves the smallest and the largest are the ends of their buckets, and the sum is that of
  // the middles. Buckets that are wider than ours are counted at their middle.
  [[nodiscard]] static Histogram of(const std::vector<Bucket>& buckets);
  // Puts the exact values in place of those ends. False, and nothing is changed, when they are not
  // in the outermost buckets.
  [[nodiscard]] bool refine(std::int64_t min, std::int64_t max, std::uint64_t sum);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  static std::size_t index_of(std::int64_t value);
  static std::int64_t low_of(std::size_t index);
  static std::int64_t top_of(std::size_t index);
  std::uint64_t& slot(std::int64_t value);

  // Ends with the bucket of the largest sample.
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace cqrs
