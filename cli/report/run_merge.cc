#include "cli/report/hdr_file.h"
#include "cli/report/run_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace cqrs {
namespace {

Error another_run(const RunRecord& record, const std::string& what) {
  return invalid("shards", "shard " + std::to_string(record.shard) + " is of another run: its " +
                               what + " differs: name the reports of one run");
}

Status check_same_run(const std::vector<RunRecord>& shards) {
  const RunRecord& first = shards.front();
  for (const auto& record : shards) {
    if (record.seed != first.seed) return another_run(record, "seed");
    if (record.title != first.title) return another_run(record, "title");
    if (record.model != first.model) return another_run(record, "model");
    if (record.shards != first.shards) return another_run(record, "number of shards");
    if (record.scenario != first.scenario) return another_run(record, "scenario");
  }
  return {};
}

Status check_complete(const std::vector<RunRecord>& shards) {
  const std::uint32_t all = shards.front().shards;
  if (all == 1 && shards.size() > 1) {
    return invalid(
        "shards",
        "these are whole runs, not shards of one: cqrsctl compare sets runs side by side");
  }
  std::set<std::uint32_t> seen;
  for (const auto& record : shards) {
    if (record.shard == 0 || record.shard > all) {
      return invalid("shards", "there is no shard " + std::to_string(record.shard) + " of " +
                                   std::to_string(all) + ": name the reports of the shards");
    }
    if (!seen.insert(record.shard).second) {
      return invalid("shards", "shard " + std::to_string(record.shard) + " of " +
                                   std::to_string(all) + " is there twice: name each once");
    }
  }
  std::string missing;
  for (std::uint32_t i = 1; i <= all; ++i) {
    if (!seen.contains(i)) missing += (missing.empty() ? "" : ", ") + std::to_string(i);
  }
  if (missing.empty()) return {};
  return invalid("shards", "of " + std::to_string(all) + " shards these are missing: " + missing +
                               ": name the reports of all of them");
}

void add(OperationRecord& into, const OperationRecord& from) {
  into.sent += from.sent;
  into.acknowledged += from.acknowledged;
  into.rejected += from.rejected;
  into.indeterminate += from.indeterminate;
  into.latency.merge(from.latency);
  into.service_time.merge(from.service_time);
  into.failure.merge(from.failure);
  for (const auto& [what, times] : from.failures) into.failures[what] += times;
}

void add_operations(RunRecord& into, const RunRecord& from) {
  for (const auto& operation : from.operations) {
    const auto found =
        std::find_if(into.operations.begin(), into.operations.end(),
                     [&](const OperationRecord& other) { return other.name == operation.name; });
    if (found == into.operations.end()) {
      into.operations.push_back(operation);
    } else {
      add(*found, operation);
    }
  }
}

void add_counts(RunRecord& into, const RunRecord& from) {
  into.intended += from.intended;
  into.sent += from.sent;
  into.acknowledged += from.acknowledged;
  into.rejected += from.rejected;
  into.indeterminate += from.indeterminate;
  into.resolved += from.resolved;
  into.skipped += from.skipped;
  into.substituted += from.substituted;
  into.intended_per_s += from.intended_per_s;
  into.achieved_per_s += from.achieved_per_s;
  into.client_cpu_s += from.client_cpu_s;
  into.client_rss += from.client_rss;
}

// What was seen of the system, which is one for all shards.
void see_more(RunRecord& into, const RunRecord& from) {
  into.elapsed_s = std::max(into.elapsed_s, from.elapsed_s);
  into.warmup_s = std::max(into.warmup_s, from.warmup_s);
  into.started_at = std::min(into.started_at, from.started_at);
  // Not seen by one is not seen of all.
  const bool seen = into.visible_after_s >= 0 && from.visible_after_s >= 0;
  into.visible_after_s = seen ? std::max(into.visible_after_s, from.visible_after_s) : -1;
  // A verification looks at the whole system, not at one shard.
  into.lost = into.lost >= 0 && from.lost >= 0 ? std::max(into.lost, from.lost) : -1;
  into.system_cpu_s = std::max(into.system_cpu_s, from.system_cpu_s);
  into.system_rss = std::max(into.system_rss, from.system_rss);
}

void add_distributions(RunRecord& into, const RunRecord& from) {
  into.latency.merge(from.latency);
  into.query_latency.merge(from.query_latency);
  into.service_time.merge(from.service_time);
  into.schedule_lag.merge(from.schedule_lag);
  into.staleness.merge(from.staleness);
  for (const auto& [name, histogram] : from.hops) into.hops[name].merge(histogram);
}

void add_findings(RunRecord& into, const RunRecord& from) {
  const std::string shard = "shard " + std::to_string(from.shard) + ": ";
  for (const auto& check : from.checks) {
    into.checks.push_back({shard + check.name, check.ok, check.detail, check.seconds});
  }
  for (const auto& section : from.sections) {
    into.sections.push_back(section);
    into.sections.back().title = shard + section.title;
  }
  if (!from.slos.empty()) {
    ReportSection section{shard + "thresholds", {}, {"threshold", "result", "observed"}, {}};
    for (const auto& result : from.slos) {
      section.rows.push_back({result.slo.text, result.ok ? "ok" : "failed", observed_text(result)});
    }
    into.sections.push_back(std::move(section));
  }
  for (const auto& item : from.mismatches) into.mismatches.push_back(item);
  for (const auto& caveat : from.caveats) {
    if (std::find(into.caveats.begin(), into.caveats.end(), caveat) == into.caveats.end()) {
      into.caveats.push_back(caveat);
    }
  }
}

// One percentile series of a second: exact where all shards that have it carry the histogram.
struct Percentiles {
  double SecondRecord::*p50;
  double SecondRecord::*p99;
  std::string SecondRecord::*hdr;
};

// False when percentiles had to be taken from the worst shard.
bool merge_percentiles(SecondRecord& into, const SecondRecord& from, const Percentiles& of) {
  if (from.*of.p50 < 0) return true;
  if (into.*of.p50 < 0) {
    into.*of.p50 = from.*of.p50;
    into.*of.p99 = from.*of.p99;
    into.*of.hdr = from.*of.hdr;
    return true;
  }
  auto one = histogram_of_hdr_text(into.*of.hdr);
  const auto two = histogram_of_hdr_text(from.*of.hdr);
  if (!one || !two) {
    into.*of.p50 = std::max(into.*of.p50, from.*of.p50);
    into.*of.p99 = std::max(into.*of.p99, from.*of.p99);
    (into.*of.hdr).clear();
    return false;
  }
  one->merge(*two);
  into.*of.p50 = static_cast<double>(one->percentile(50)) / 1e3;
  into.*of.p99 = static_cast<double>(one->percentile(99)) / 1e3;
  into.*of.hdr = hdr_text(*one, HdrDigits::kTwo);
  return true;
}

double sum_of(double one, double two) {
  if (one < 0 || two < 0) return std::max(one, two);
  return one + two;
}

bool merge_second(SecondRecord& into, const SecondRecord& from) {
  into.target += from.target;
  into.sent += from.sent;
  into.acknowledged += from.acknowledged;
  into.errors += from.errors;
  into.in_flight += from.in_flight;
  into.latency_max = std::max(into.latency_max, from.latency_max);
  into.lag_records = std::max(into.lag_records, from.lag_records);
  into.lag_seconds = std::max(into.lag_seconds, from.lag_seconds);
  into.schedule_lag_p99 = std::max(into.schedule_lag_p99, from.schedule_lag_p99);
  into.client_cpu = sum_of(into.client_cpu, from.client_cpu);
  into.client_rss = sum_of(into.client_rss, from.client_rss);
  into.system_cpu = std::max(into.system_cpu, from.system_cpu);
  into.system_rss = std::max(into.system_rss, from.system_rss);
  if (from.reads_ok >= 0) {
    into.reads_ok = into.reads_ok < 0 ? from.reads_ok : std::min(into.reads_ok, from.reads_ok);
  }
  const bool latency = merge_percentiles(
      into, from,
      {&SecondRecord::latency_p50, &SecondRecord::latency_p99, &SecondRecord::latency_hdr});
  const bool staleness = merge_percentiles(
      into, from,
      {&SecondRecord::staleness_p50, &SecondRecord::staleness_p99, &SecondRecord::staleness_hdr});
  return latency && staleness;
}

// Seconds are those since each shard's own start.
void add_seconds(RunRecord& into, const RunRecord& from, bool& exact) {
  std::map<std::int64_t, SecondRecord> seconds;
  for (const auto* record : {&std::as_const(into), &from}) {
    for (const auto& second : record->seconds) {
      const auto [found, added] = seconds.try_emplace(std::llround(second.at * 1e3), second);
      if (!added) exact = merge_second(found->second, second) && exact;
    }
  }
  into.seconds.clear();
  for (auto& [at, second] : seconds) into.seconds.push_back(std::move(second));
}

void add_faults(RunRecord& into, const RunRecord& from) {
  // Only one shard does them; the others may know of none.
  if (from.faults.size() > into.faults.size()) into.faults = from.faults;
}

// Each shard's part of the schedule counts as much as was due in it.
double ratio_of(const std::vector<RunRecord>& shards) {
  double kept = 0;
  double due = 0;
  for (const auto& record : shards) {
    kept += record.achieved_ratio * static_cast<double>(record.intended);
    due += static_cast<double>(record.intended);
  }
  return due > 0 ? kept / due : 1;
}

// Smaller is worse, in the order of the exit codes that several reasons have.
std::size_t rank_of(int exit_code) {
  constexpr std::array<int, 8> kWorstFirst{2, 3, 1, 5, 99, 130, 4, 0};
  return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), exit_code) -
                                  kWorstFirst.begin());
}

// The run is as good as its worst shard, as long as nobody judges the whole.
void take_verdict(RunRecord& merged, const std::vector<const RunRecord*>& shards) {
  const RunRecord* worst = *std::min_element(
      shards.begin(), shards.end(), [](const RunRecord* one, const RunRecord* two) {
        return rank_of(one->exit_code) < rank_of(two->exit_code);
      });
  merged.exit_code = worst->exit_code;
  merged.verdict = worst->verdict;
  merged.headline = shards.size() == 1
                        ? worst->headline
                        : "Worst of " + std::to_string(shards.size()) + " shards, number " +
                              std::to_string(worst->shard) + ": " + worst->headline;
}

// What the first shard says of itself alone, and the others will add again.
RunRecord beginning(const RunRecord& first) {
  RunRecord out = first;
  out.shard = 0;
  out.slos.clear();
  out.ledger.clear();
  out.checks.clear();
  out.sections.clear();
  out.caveats.clear();
  out.mismatches = Json::array();
  add_findings(out, first);
  return out;
}

}  // namespace

Result<MergedRun> merge(const std::vector<RunRecord>& shards) {
  if (shards.empty()) return invalid("shards", "there is no report to merge: name at least one");
  CQRS_TRY(check_same_run(shards));
  CQRS_TRY(check_complete(shards));
  std::vector<const RunRecord*> ordered(shards.size());
  for (const auto& record : shards) ordered[record.shard - 1] = &record;

  MergedRun out{beginning(*ordered.front()), {}};
  RunRecord& merged = out.record;
  bool exact = true;
  for (const auto* record : ordered) {
    if (!record->ledger.empty()) out.ledgers.push_back(record->ledger);
    if (record == ordered.front()) continue;
    add_counts(merged, *record);
    see_more(merged, *record);
    add_distributions(merged, *record);
    add_operations(merged, *record);
    add_findings(merged, *record);
    add_seconds(merged, *record, exact);
    add_faults(merged, *record);
  }
  merged.achieved_ratio = ratio_of(shards);
  take_verdict(merged, ordered);
  if (shards.size() > 1) {
    merged.caveats.push_back(
        "per second, lag, schedule lag and reads answered are those of the worst shard; seconds "
        "count from each shard's own start");
  }
  if (!exact) {
    merged.caveats.push_back(
        "per second, percentiles are those of the worst shard where a shard kept no histogram");
  }
  return out;
}

}  // namespace cqrs
