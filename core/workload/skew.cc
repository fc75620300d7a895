// The zipfian choice is rejection-inversion: W. Hörmann, G. Derflinger, "Rejection-inversion to
// generate variates from monotone discrete distributions", ACM TOMACS 6 (3), 1996, in the form
// that stays exact for exponents near 1 (log1p and expm1 in place of powers).
#include "core/workload/skew.h"

#include "core/base/check.h"
#include "core/base/hash.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cqrs {
namespace {

// [0, 1).
double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1p-53; }

// floor(bits * count / 2^64), without the product's overflow.
std::uint64_t below(std::uint64_t bits, std::uint64_t count) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * count) >> 64U);
}

double log1p_over(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x * (0.5 - x * (1.0 / 3 - x * 0.25));
}
double expm1_over(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x * 0.5 * (1 + x / 3 * (1 + x * 0.25));
}

}  // namespace

EntityChooser::EntityChooser(const Skew& skew, std::uint64_t count) : skew_(skew), count_(count) {
  CQRS_CHECK(count > 0);
  width_ = static_cast<unsigned>(std::bit_width(count - 1));
  skew_.hot_keys = std::min(skew_.hot_keys, count);
  if (skew_.shape != Skew::Shape::kZipfian) return;
  first_ = h_integral(1.5) - 1;
  last_ = h_integral(static_cast<double>(count) + 0.5);
  accepted_ = 2 - h_integral_inverse(h_integral(2.5) - h(2));
}

double EntityChooser::h(double x) const { return std::exp(-skew_.exponent * std::log(x)); }

double EntityChooser::h_integral(double x) const {
  const double log = std::log(x);
  return expm1_over((1 - skew_.exponent) * log) * log;
}

double EntityChooser::h_integral_inverse(double x) const {
  const double t = std::max(x * (1 - skew_.exponent), -1.0);
  return std::exp(log1p_over(t) * x);
}

std::uint64_t EntityChooser::zipfian_rank(std::uint64_t bits) const {
  // Accepts nine times of ten; the next bits come from the last.
  for (std::uint64_t state = bits;; bits = split_mix(state)) {
    const double u = last_ + unit(bits) * (first_ - last_);
    const double x = h_integral_inverse(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(count_));
    if (k - x <= accepted_ || u >= h_integral(k + 0.5) - h(k)) {
      return static_cast<std::uint64_t>(k) - 1;
    }
  }
}

// Bijections of `width` bits, again and again until the result is an index: at most every second
// number of that width is none, so it takes less than two rounds on average.
std::uint64_t EntityChooser::of_rank(std::uint64_t rank) const {
  if (width_ == 0) return 0;
  const std::uint64_t mask = width_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width_) - 1;
  const unsigned half = (width_ + 1) / 2;
  std::uint64_t x = rank;
  do {
    x = (x * 0x9E3779B97F4A7C15ULL + 0x7F4A7C15ULL) & mask;
    x ^= x >> half;
    x = (x * 0xBF58476D1CE4E5B9ULL) & mask;
    x ^= x >> half;
    x = (x * 0x94D049BB133111EBULL) & mask;
    x ^= x >> half;
  } while (x >= count_);
  return x;
}

std::uint64_t EntityChooser::choose(std::uint64_t bits) const {
  switch (skew_.shape) {
    case Skew::Shape::kUniform:
      return below(bits, count_);
    case Skew::Shape::kZipfian:
      return of_rank(zipfian_rank(bits));
    case Skew::Shape::kHotKeys:
      break;
  }
  const std::uint64_t more = mix64(bits);
  const std::uint64_t others = count_ - skew_.hot_keys;
  if (others == 0 || unit(bits) < skew_.hot_share) return of_rank(below(more, skew_.hot_keys));
  return of_rank(skew_.hot_keys + below(more, others));
}

}  // namespace cqrs
