#include "cli/report/rank_interval.h"

#include <algorithm>

namespace cqrs {
namespace {

// In how many of the arrangements of m and n values the statistic is u, for every u: those with the
// largest value on either side, Mann and Whitney's own recursion, as shares of all arrangements.
std::vector<double> distribution_of_u(std::size_t m, std::size_t n) {
  std::vector<std::vector<double>> of(n + 1, std::vector<double>(m * n + 1, 0));
  for (auto& row : of) row[0] = 1;  // m = 0
  for (std::size_t i = 1; i <= m; ++i) {
    // of[j] becomes that of (i, j) from (i - 1, j), shifted by j, and (i, j - 1).
    for (std::size_t j = 1; j <= n; ++j) {
      const double left = static_cast<double>(i) / static_cast<double>(i + j);
      std::vector<double> next(m * n + 1, 0);
      for (std::size_t u = 0; u <= i * j; ++u) {
        next[u] = (u >= j ? left * of[j][u - j] : 0) + (1 - left) * of[j - 1][u];
      }
      of[j] = std::move(next);
    }
  }
  return of[n];
}

}  // namespace

std::optional<std::size_t> critical_u(std::size_t m, std::size_t n, double tail) {
  double sum = 0;
  std::optional<std::size_t> found;
  const auto shares = distribution_of_u(m, n);
  for (std::size_t u = 0; u < shares.size(); ++u) {
    sum += shares[u];
    if (sum > tail * (1 + 1e-12)) break;
    found = u;
  }
  return found;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::optional<RankInterval> shift_between(const std::vector<double>& a,
                                          const std::vector<double>& b, double confidence) {
  if (a.empty() || b.empty() || a.size() > kSampleMax || b.size() > kSampleMax) {
    return std::nullopt;
  }
  const auto u = critical_u(a.size(), b.size(), (1 - confidence) / 2);
  if (!u) return std::nullopt;
  std::vector<double> differences;
  for (const double from : a) {
    for (const double to : b) differences.push_back(to - from);
  }
  std::sort(differences.begin(), differences.end());
  double tail = 0;
  const auto shares = distribution_of_u(a.size(), b.size());
  for (std::size_t i = 0; i <= *u; ++i) tail += shares[i];
  return RankInterval{median_of(differences), differences[*u],
                      differences[differences.size() - 1 - *u], 1 - 2 * tail};
}

}  // namespace cqrs
