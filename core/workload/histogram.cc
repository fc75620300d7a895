#include "core/workload/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cqrs {
namespace {

// 2048 sub-buckets of equal width, then one group of 1024 per doubling: a width is at most 1/1024
// of its value. Source of the layout: HdrHistogram.
constexpr std::int64_t kSubBuckets = 2048;
constexpr std::int64_t kHalf = kSubBuckets / 2;
constexpr std::int64_t kLowest = 1;
constexpr std::int64_t kHighest = 3'600'000'000;

}  // namespace

std::size_t Histogram::index_of(std::int64_t value) {
  const auto bits = std::bit_width(static_cast<std::uint64_t>(value));
  const int shift = std::max(0, static_cast<int>(bits) - 11);
  const std::int64_t sub = value >> shift;
  return static_cast<std::size_t>(shift * kHalf + sub);
}

std::int64_t Histogram::top_of(std::size_t index) {
  const auto at = static_cast<std::int64_t>(index);
  if (at < kSubBuckets) return at;
  const std::int64_t shift = at / kHalf - 1;
  const std::int64_t sub = at - shift * kHalf;
  return ((sub + 1) << shift) - 1;
}

Histogram::Histogram() : counts_(index_of(kHighest) + 1) {}

void Histogram::record(std::int64_t micros, std::uint32_t times) {
  const std::int64_t value = std::clamp(micros, kLowest, kHighest);
  counts_[index_of(value)] += times;
  count_ += times;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * times;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(top_of(i), max_);
  }
  return max_;
}

}  // namespace cqrs
