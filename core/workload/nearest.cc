#include "core/workload/nearest.h"

#include <algorithm>

namespace cqrs {
namespace {

constexpr std::size_t kLongestWord = 64;

// Insertions, removals, replacements and exchanges of neighbours (optimal string alignment).
std::size_t distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> cells((left.size() + 1) * width);
  for (std::size_t i = 0; i <= left.size(); ++i) cells[i * width] = i;
  for (std::size_t j = 0; j < width; ++j) cells[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j < width; ++j) {
      const std::size_t other = left[i - 1] == right[j - 1] ? 0 : 1;
      std::size_t best = std::min({cells[(i - 1) * width + j] + 1, cells[i * width + j - 1] + 1,
                                   cells[(i - 1) * width + j - 1] + other});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        best = std::min(best, cells[(i - 2) * width + j - 2] + 1);
      }
      cells[i * width + j] = best;
    }
  }
  return cells.back();
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words) {
  word = word.substr(0, kLongestWord);
  std::string_view best;
  // A third of the word may be wrong, of short ones two letters, so that "x" is not taken for "s".
  const std::size_t short_word = word.size() < 4 ? 1 : 2;
  std::size_t least = std::max(word.size() / 3, short_word) + 1;
  for (const auto candidate : words) {
    const std::size_t away = distance(word, candidate);
    if (away >= least) continue;
    least = away;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& words) {
  const std::string_view meant = nearest(word, words);
  if (!meant.empty()) return "did you mean " + std::string(meant) + "?";
  return "there are: " + listed(words);
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace cqrs
