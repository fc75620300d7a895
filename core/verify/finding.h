// What verify reports: one finding per entity and edge, with everything needed to look at it
// oneself.
#pragma once

#include "core/domain/stream_key.h"
#include "core/events/event.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

enum class Difference : std::uint8_t { kLost, kDuplicate, kPhantom, kStale, kOrder, kField };
inline constexpr std::array<Difference, 6> kAllDifferences{
    Difference::kLost,  Difference::kDuplicate, Difference::kPhantom,
    Difference::kStale, Difference::kOrder,     Difference::kField};
// "lost", "dup", "phantom", "stale", "order", "field".
[[nodiscard]] std::string_view difference_name(Difference difference);

// On which side the wrong thing stands, and so what a repair has to change.
enum class FindingPlace : std::uint8_t {
  kRecord,
  kStream,
  kView,
  kExtra,
  kLedger,
  kTopics,
  kCache,
};
inline constexpr std::size_t kFindingPlaces = 7;

struct Finding {
  Difference kind = Difference::kLost;
  FindingPlace place = FindingPlace::kRecord;
  StreamKey entity;   // nil id: unknown, because nothing but a hole in the positions tells of it
  std::string store;  // where the wrong thing stands, e.g. "read store"
  std::string field;  // for kField: which; empty when unknown
  std::string expected;
  std::string actual;
  std::int64_t expected_version = 0;
  std::int64_t actual_version = 0;
  Position position = 0;  // of the event concerned
  Timestamp recorded_at;  // of that event, 0 when unknown
};

// Counts per kind and the first `limit` findings. What is too young to be judged counts by itself.
struct Findings {
  explicit Findings(std::size_t most = 100) : limit(most) {}
  std::size_t limit;
  std::array<std::int64_t, kAllDifferences.size()> counts{};
  std::vector<Finding> first;
  std::int64_t too_young = 0;  // entities

  void add(Finding finding) {
    ++counts[static_cast<std::size_t>(finding.kind)];
    if (first.size() < limit) first.push_back(std::move(finding));
  }
  void add(const Findings& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    too_young += other.too_young;
    for (const auto& finding : other.first) {
      if (first.size() < limit) first.push_back(finding);
    }
  }
  [[nodiscard]] std::int64_t count(Difference kind) const {
    return counts[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::int64_t total() const {
    std::int64_t sum = 0;
    for (const auto count : counts) sum += count;
    return sum;
  }
};

}  // namespace cqrs
