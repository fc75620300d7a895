// What verify finds in a foreign system: differences by the kinds that every verify has, and the
// flaws of CQRS systems that the evidence points to, by name.
#pragma once

#include "core/verify/finding.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::target {

struct ForeignFinding {
  Difference kind = Difference::kLost;
  Kind aggregate = Kind::kUser;
  std::string id;     // the system's own
  std::string uuid;   // ours; empty: not of our workload
  std::string store;  // "read", "list", or the experiment that showed it
  std::string field;
  std::string expected;
  std::string actual;
  std::int64_t expected_version = 0;
  std::int64_t actual_version = 0;
};

// Names are stable: docs/foreign-targets.md lists them.
namespace flaw {
inline constexpr std::string_view kLostEvents = "fire_and_forget_publish";
inline constexpr std::string_view kDedupe = "dedupe_after_apply";
inline constexpr std::string_view kReordering = "reordering_between_event_types";
inline constexpr std::string_view kStaleCache = "stale_cache_after_update";
inline constexpr std::string_view kSuccessOnErrors = "success_status_on_errors";
inline constexpr std::string_view kPrice = "price_coerced";
inline constexpr std::string_view kMissingFields = "read_model_missing_fields";
inline constexpr std::string_view kCountOnly = "count_only_sync_status";
inline constexpr std::string_view kUpdatesLost = "updates_lost";
inline constexpr std::string_view kUpdateOrder = "updates_out_of_order";
inline constexpr std::string_view kRepeats = "duplicate_on_retry";
}  // namespace flaw

struct Diagnosis {
  std::string flaw;
  std::string evidence;
};

struct ForeignCheck {
  std::string name;
  std::int64_t compared = 0;
  std::int64_t differences = 0;
  std::string note;  // why it was left out, or what else there is to say
};

struct ForeignReport {
  explicit ForeignReport(std::size_t most = 100) : limit(most) {}
  std::size_t limit;
  std::array<std::int64_t, kAllDifferences.size()> counts{};
  std::vector<ForeignFinding> first;
  std::vector<Diagnosis> diagnoses;
  std::vector<ForeignCheck> checks;
  std::int64_t entities = 0;       // acknowledged by the ledgers
  std::int64_t indeterminate = 0;  // without a known outcome
  std::int64_t rows_fetched = 0;
  std::int64_t unreadable = 0;  // acknowledged entities that a read does not find
  std::string reason;           // not empty: why it is inconclusive
  bool interrupted = false;

  void add(ForeignFinding finding) {
    ++counts[static_cast<std::size_t>(finding.kind)];
    if (first.size() < limit) first.push_back(std::move(finding));
  }
  // Evidence for a flaw that is named already stands beside what there is.
  void diagnose(std::string_view flaw, std::string evidence) {
    for (auto& known : diagnoses) {
      if (known.flaw != flaw) continue;
      known.evidence += "; " + evidence;
      return;
    }
    diagnoses.push_back({std::string(flaw), std::move(evidence)});
  }
  [[nodiscard]] std::int64_t total() const {
    std::int64_t sum = 0;
    for (const auto count : counts) sum += count;
    return sum;
  }
};

}  // namespace cqrs::target
