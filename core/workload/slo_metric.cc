#include "core/workload/slo_metric.h"

#include "core/workload/quantity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace cqrs {
namespace {

using Family = SloMetric::Family;
using Tags = SloMetric::Tags;
using enum SloUnit;

constexpr std::string_view kLatencies = "p50 p99 max";
constexpr std::string_view kLevels = "max mean min last";

// clang-format off
constexpr std::array<SloMetric, 31> kMetrics{{
    {"command.latency", kMicros, Family::kDistribution, Tags::kCommand, kLatencies, true},
    {"query.latency", kMicros, Family::kDistribution, Tags::kQuery, kLatencies, true},
    {"service_time", kMicros, Family::kDistribution, Tags::kAnyOperation, "", true},
    {"schedule_lag", kMicros, Family::kDistribution, Tags::kNone, "p99", true},
    {"staleness", kMicros, Family::kDistribution, Tags::kNone, "p50 p99", true},
    {"hop.commit", kMicros, Family::kDistribution, Tags::kNone, "", true},
    {"hop.publish", kMicros, Family::kDistribution, Tags::kNone, "", true},
    {"hop.apply", kMicros, Family::kDistribution, Tags::kNone, "", true},
    {"hop.visible", kMicros, Family::kDistribution, Tags::kNone, "", true},
    {"errors", kShare, Family::kErrors, Tags::kAnyOperation, "rate count", false},
    {"throughput", kPerSecond, Family::kRate, Tags::kAnyOperation, "rate", false},
    {"load.achieved", kShare, Family::kValue, Tags::kNone, "value", false},
    {"lag.records", kCount, Family::kLevel, Tags::kNone, kLevels, false},
    {"lag.seconds", kSeconds, Family::kLevel, Tags::kNone, kLevels, false},
    {"ledger.acked", kCount, Family::kValue, Tags::kNone, "", false},
    {"ledger.lost", kCount, Family::kValue, Tags::kNone, "", false},
    {"ledger.dup", kCount, Family::kValue, Tags::kNone, "", false},
    {"ledger.phantom", kCount, Family::kValue, Tags::kNone, "", false},
    {"ledger.stale", kCount, Family::kValue, Tags::kNone, "", false},
    {"ledger.indeterminate", kCount, Family::kValue, Tags::kNone, "", false},
    {"verify.diff", kCount, Family::kValue, Tags::kNone, "", false},
    {"order.violations", kCount, Family::kValue, Tags::kNone, "", false},
    {"replay.rate", kPerSecond, Family::kValue, Tags::kNone, "", false},
    {"recovery.seconds", kSeconds, Family::kLevel, Tags::kNone, "", false},
    {"cpu_us_per_cmd", kMicros, Family::kValue, Tags::kNone, "", false},
    {"rss", kBytes, Family::kLevel, Tags::kNone, kLevels, false},
    {"system.cpu_us_per_cmd", kMicros, Family::kValue, Tags::kNone, "", false},
    {"system.rss", kBytes, Family::kLevel, Tags::kNone, kLevels, false},
    {"reads.available", kShare, Family::kLevel, Tags::kNone, kLevels, false},
    {"visible.seconds", kSeconds, Family::kValue, Tags::kNone, "", false},
    {"growth.", kPlain, Family::kValue, Tags::kNone, "", false},
}};
// clang-format on

bool word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '.';
  });
}

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const auto blank = std::min(words.find(' '), words.size());
    if (words.substr(0, blank) == wanted) return true;
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  return false;
}

std::string_view words_of(Family family) {
  switch (family) {
    case Family::kDistribution:
      return "max mean count";
    case Family::kErrors:
      return "rate count";
    case Family::kRate:
      return "rate";
    case Family::kLevel:
      return kLevels;
    case Family::kValue:
      return "value";
  }
  return {};
}

// "p99", "p(99)", "p99.9", "p999".
std::string canonical_percentile(std::string_view text) {
  if (!text.starts_with('p')) return {};
  std::string_view digits = text.substr(1);
  if (digits.starts_with('(') && digits.ends_with(')')) {
    digits = digits.substr(1, digits.size() - 2);
  }
  if (digits.empty() || digits.size() > 8 ||
      digits.find_first_not_of("0123456789.") != std::string_view::npos) {
    return {};
  }
  std::string number(digits);
  // 999 is 99.9, as everywhere; 100 is the largest.
  if (digits.find('.') == std::string_view::npos && digits.size() > 2 && digits != "100") {
    number.insert(2, ".");
  }
  const auto percent = split_quantity(number);
  if (!percent || !percent->unit.empty() || percent->value <= 0 || percent->value > 100) return {};
  return "p" + number_text(percent->value);
}

}  // namespace

const SloMetric* find_metric(std::string_view name) {
  constexpr std::string_view kGrowth = "growth.";
  if (name.starts_with(kGrowth) && word(name.substr(kGrowth.size()))) return &kMetrics.back();
  const auto* const found =
      std::find_if(kMetrics.begin(), kMetrics.end() - 1,
                   [name](const SloMetric& metric) { return metric.name == name; });
  return found == kMetrics.end() - 1 ? nullptr : found;
}

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  names.reserve(kMetrics.size());
  for (const auto& metric : kMetrics) names.push_back(metric.name);
  names.back() = "growth.NAME";
  return names;
}

std::string aggregates_of(const SloMetric& metric) {
  std::string text = metric.family == Family::kDistribution ? "p50, p99 or any other pNN, " : "";
  for (const char c : words_of(metric.family)) text += c == ' ' ? ", " : std::string(1, c);
  return text;
}

std::string canonical_aggregate(const SloMetric& metric, std::string_view text) {
  if (has_word(words_of(metric.family), text)) return std::string(text);
  return metric.family == Family::kDistribution ? canonical_percentile(text) : std::string();
}

std::string_view standard_aggregate(const SloMetric& metric) {
  switch (metric.family) {
    case Family::kDistribution:
      return {};
    case Family::kErrors:
    case Family::kRate:
      return "rate";
    case Family::kLevel:
      // Of what should be high, the lowest decides.
      return metric.unit == kShare ? "min" : "max";
    case Family::kValue:
      return "value";
  }
  return {};
}

bool in_series(const SloMetric& metric, std::string_view aggregate) {
  return has_word(metric.series, aggregate);
}

std::optional<double> percentile_of(std::string_view aggregate) {
  if (!aggregate.starts_with('p')) return std::nullopt;
  const auto percent = split_quantity(aggregate.substr(1));
  if (!percent || !percent->unit.empty()) return std::nullopt;
  return percent->value;
}

}  // namespace cqrs
