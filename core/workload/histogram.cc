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

}  // namespace

std::size_t Histogram::index_of(std::int64_t value) {
  const auto bits = std::bit_width(static_cast<std::uint64_t>(value));
  const int shift = std::max(0, static_cast<int>(bits) - 11);
  const std::int64_t sub = value >> shift;
  return static_cast<std::size_t>(shift * kHalf + sub);
}

std::int64_t Histogram::low_of(std::size_t index) {
  const auto at = static_cast<std::int64_t>(index);
  if (at < kSubBuckets) return at;
  const std::int64_t shift = at / kHalf - 1;
  return (at - shift * kHalf) << shift;
}

std::int64_t Histogram::top_of(std::size_t index) { return low_of(index + 1) - 1; }

std::uint64_t& Histogram::slot(std::int64_t value) {
  const std::size_t index = index_of(value);
  if (index >= counts_.size()) counts_.resize(index + 1);
  return counts_[index];
}

void Histogram::record(std::int64_t micros, std::uint64_t times) {
  if (times == 0) return;
  const std::int64_t value = std::clamp(micros, kLowest, kHighest);
  slot(value) += times;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  count_ += times;
  sum_ += static_cast<std::uint64_t>(value) * times;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

void Histogram::clear() {
  // The memory stays: whoever clears one is about to fill it again.
  counts_.clear();
  count_ = sum_ = 0;
  min_ = max_ = 0;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double Histogram::standard_deviation() const {
  if (count_ == 0) return 0;
  const double center = mean();
  double squares = 0;
  for_each_bucket([&](const Bucket& bucket) {
    const double distance = static_cast<double>(bucket.middle()) - center;
    squares += distance * distance * static_cast<double>(bucket.count);
  });
  return std::sqrt(squares / static_cast<double>(count_));
}

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

Histogram Histogram::of(const std::vector<Bucket>& buckets) {
  Histogram out;
  for (const auto& bucket : buckets) {
    if (bucket.count == 0) continue;
    const bool first = out.count_ == 0;
    out.record(bucket.middle(), bucket.count);
    const std::size_t index = index_of(std::clamp(bucket.middle(), kLowest, kHighest));
    if (first) out.min_ = std::max(low_of(index), kLowest);
    out.max_ = std::min(top_of(index), kHighest);
  }
  return out;
}

bool Histogram::refine(std::int64_t min, std::int64_t max, std::uint64_t sum) {
  if (count_ == 0) return min == 0 && max == 0 && sum == 0;
  const auto in_range = [](std::int64_t value) { return value >= kLowest && value <= kHighest; };
  if (!in_range(min) || !in_range(max) || min > max) return false;
  if (index_of(min) != index_of(min_) || index_of(max) + 1 != counts_.size()) return false;
  min_ = min;
  max_ = max;
  sum_ = sum;
  return true;
}

}  // namespace cqrs
