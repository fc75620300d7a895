// A run for the terminal: the rates first, then the distributions, the verdict last, where the eye
// is when the command ends.
#include "cli/output/units.h"
#include "cli/report/run_figures.h"

#include <array>
#include <cstdio>
#include <iomanip>

namespace cqrs {
namespace {

constexpr std::array<double, 6> kPercents{50, 90, 95, 99, 99.9, 100};

std::string count(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

void fact(std::ostream& out, const std::string& name, const std::string& text) {
  out << std::left << std::setw(11) << name << text << "\n";
}

void row(std::ostream& out, const std::string& name, const Histogram& histogram) {
  out << std::left << std::setw(20) << name << std::right << std::setw(11)
      << count(histogram.count()) << std::setw(10) << micros_text(std::llround(histogram.mean()));
  for (const double percent : kPercents) {
    out << std::setw(10) << micros_text(histogram.percentile(percent));
  }
  out << "\n";
}

void print_latencies(const RunRecord& record, std::ostream& out) {
  const auto distributions = distributions_of(record);
  if (distributions.empty()) return;
  out << "\n" << std::left << std::setw(20) << "latency" << std::right << std::setw(11) << "count";
  for (const char* name : {"mean", "p50", "p90", "p95", "p99", "p99.9", "max"}) {
    out << std::setw(10) << name;
  }
  out << "\n";
  for (const auto& operation : record.operations) {
    if (operation.latency.count() > 0) row(out, operation.name, operation.latency);
    if (operation.failure.count() > 0) row(out, "  that failed", operation.failure);
  }
  for (const auto& named : distributions) row(out, named.name, *named.histogram);
  for (const auto& hop : hops_of(record)) row(out, "  hop " + hop.name, *hop.histogram);
  out << "\n";
}

void print_failures(const RunRecord& record, std::ostream& out) {
  for (const auto& operation : record.operations) {
    for (const auto& [what, times] : operation.failures) {
      fact(out, "failed", operation.name + ": " + count(times) + " x " + what);
    }
  }
}

void print_faults(const RunRecord& record, std::ostream& out) {
  for (const auto& fault : record.faults) {
    std::array<char, 32> at{};
    std::snprintf(at.data(), at.size(), "%.1f s: ", fault.at);
    std::string text = at.data() + fault.what;
    if (fault.until > fault.at) text += " for " + seconds_text(fault.until - fault.at);
    if (fault.recovered_after >= 0) {
      text += ", lag 0 again " + seconds_text(fault.recovered_after) + " after its end";
    }
    if (!fault.note.empty()) text += " (" + fault.note + ")";
    fact(out, "fault", text);
  }
}

std::string cost_text(const RunRecord& record) {
  std::array<char, 96> text{};
  if (record.system_cpu_s > 0) {
    std::snprintf(text.data(), text.size(), "system %.1f us, client %.1f us", system_cpu_us(record),
                  client_cpu_us(record));
  } else {
    std::snprintf(text.data(), text.size(), "client %.1f us", client_cpu_us(record));
  }
  return std::string(text.data()) + " of processor time per operation";
}

std::string memory_text(const RunRecord& record) {
  const std::string client = "client " + bytes_text(record.client_rss);
  return record.system_rss > 0 ? "system " + bytes_text(record.system_rss) + ", " + client : client;
}

}  // namespace

void print(const RunRecord& record, std::ostream& out) {
  if (const auto notice = model_notice(record); !notice.empty()) out << notice << "\n";
  std::string run = record.title + ", " + record.model + " model, " +
                    seconds_text(record.elapsed_s) + ", seed " + std::to_string(record.seed);
  if (record.warmup_s > 0) {
    run += ", warm-up of " + seconds_text(record.warmup_s) + " in no figure";
  }
  if (const auto shards = shard_text(record); !shards.empty()) run += ", " + shards;
  fact(out, "run", run);
  fact(out, "rate", rate_line(record));
  std::string sent = "sent " + count(record.sent) + " of " + count(record.intended) +
                     " due, acknowledged " + count(record.acknowledged);
  if (record.model == "closed") {
    sent = "sent " + count(record.sent) + ", acknowledged " + count(record.acknowledged);
  }
  if (record.skipped > 0) sent += ", never sent " + count(record.skipped);
  if (record.substituted > 0) {
    sent += ", creations instead of others " + count(record.substituted);
  }
  fact(out, "operations", sent);
  fact(out, "errors", errors_text(record));
  print_latencies(record, out);
  print_failures(record, out);
  print_faults(record, out);
  fact(out, "visible", visible_text(record));
  fact(out, "cost", cost_text(record));
  fact(out, "memory", memory_text(record));
  fact(out, "lost", lost_text(record));
  if (!record.ledger.empty()) fact(out, "ledger", record.ledger);
  for (const auto& result : record.slos) {
    fact(out, result.ok ? "slo ok" : "slo FAILED",
         result.slo.text + "  observed " + observed_text(result) +
             (result.samples > 0 ? " (" + count(result.samples) + " samples)" : ""));
  }
  for (const auto& check : record.checks) {
    if (!check.ok) fact(out, "FAILED", check.name + ": " + check.detail);
  }
  for (const auto& caveat : record.caveats) fact(out, "caveat", caveat);
  fact(out, "verdict", record.verdict + ": " + record.headline);
}

}  // namespace cqrs
