// How far two small samples lie apart, without assuming how they are distributed: the
// Hodges-Lehmann estimate with the exact confidence interval that belongs to the Mann-Whitney test
// (Hodges and Lehmann 1963; Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3rd
// ed., 4.2 and 4.3).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace cqrs {

inline constexpr std::size_t kSampleMax = 60;  // values on each side

struct RankInterval {
  double estimate = 0;       // median of all differences b - a
  double low = 0, high = 0;  // where the true shift is, with `confidence` or more
  double confidence = 0;     // what the interval has in truth: ranks come in steps
};

// The shift from `a` to `b`. Nothing when there are too few values for `confidence` (0 to 1): for
// 95 % it takes 4 and 4, 3 and 5, or 2 and 8. Both need 1 … kSampleMax values.
[[nodiscard]] std::optional<RankInterval> shift_between(const std::vector<double>& a,
                                                        const std::vector<double>& b,
                                                        double confidence);
// The largest u with P(U <= u) <= `tail` for the Mann-Whitney statistic of m and n values; nothing
// when even 0 is more likely than that.
[[nodiscard]] std::optional<std::size_t> critical_u(std::size_t m, std::size_t n, double tail);

[[nodiscard]] double median_of(std::vector<double> values);  // of at least one

}  // namespace cqrs
