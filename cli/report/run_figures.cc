#include "cli/report/run_figures.h"

#include "cli/output/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cqrs {
namespace {

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string rounded(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  return text.data();
}

std::string count(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

double each_us(double seconds, std::uint64_t operations) {
  return operations == 0 ? 0 : seconds * 1e6 / static_cast<double>(operations);
}

void add(std::vector<NamedHistogram>& out, const char* name, const char* about,
         const Histogram& histogram) {
  if (histogram.count() > 0) out.push_back({name, about, &histogram});
}

}  // namespace

std::string share_text(double share) {
  return fixed(std::floor(share * 10'000 + 1e-6) / 100, 2) + " %";
}

std::string exact_rate_text(double per_second) {
  return per_second < 1'000 ? fixed(per_second, 1) + "/s" : rate_text(per_second);
}

std::string rate_line(const RunRecord& record) {
  if (record.model == "closed") return exact_rate_text(record.achieved_per_s) + " achieved";
  return exact_rate_text(record.achieved_per_s) + " achieved of " +
         exact_rate_text(record.intended_per_s) + " intended, " +
         share_text(record.achieved_ratio) + " of the schedule";
}

std::string model_notice(const RunRecord& record) {
  if (record.model != "closed") return {};
  return "Closed model: clients wait for each answer before they send again, so a slow system is "
         "asked less, and latencies look better than users with a schedule of their own would see.";
}

std::string shard_text(const RunRecord& record) {
  if (record.shards <= 1) return {};
  if (record.shard == 0) return "all " + std::to_string(record.shards) + " shards merged";
  return "shard " + std::to_string(record.shard) + " of " + std::to_string(record.shards);
}

std::uint64_t errors_of(const RunRecord& record) { return record.rejected + record.indeterminate; }

double error_share(const RunRecord& record) {
  return record.sent == 0
             ? 0
             : static_cast<double>(errors_of(record)) / static_cast<double>(record.sent);
}

std::string errors_text(const RunRecord& record) {
  return count(record.rejected) + " rejected, " + count(record.indeterminate) +
         " indeterminate of " + count(record.sent) + " sent (" +
         rounded(error_share(record) * 100, 3) + " %" + ")" +
         (record.resolved > 0 ? ", " + count(record.resolved) + " known after asking again" : "");
}

std::string lost_text(const RunRecord& record) {
  if (record.lost < 0) return "not looked";
  return count(static_cast<std::uint64_t>(record.lost)) + " of " + count(record.acknowledged) +
         " acknowledged";
}

std::string visible_text(const RunRecord& record) {
  if (record.visible_after_s < 0) return "not seen";
  return "everything, " + seconds_text(record.visible_after_s) + " after the last acknowledgement";
}

double client_cpu_us(const RunRecord& record) { return each_us(record.client_cpu_s, record.sent); }

double system_cpu_us(const RunRecord& record) { return each_us(record.system_cpu_s, record.sent); }

double entities_per_s(const RunRecord& record) {
  std::uint64_t acknowledged = 0;
  for (const auto& operation : record.operations) {
    if (operation.command) acknowledged += operation.acknowledged;
  }
  const double seconds = record.elapsed_s - record.warmup_s + std::max(0.0, record.visible_after_s);
  return seconds > 0 ? static_cast<double>(acknowledged) / seconds : 0;
}

std::string observed_text(const SloResult& result) {
  if (!result.observed) return "no data";
  const std::string unit = result.unit.empty() || result.unit.front() == '/' ? "" : " ";
  return rounded(result.shown, 6) + unit + result.unit;
}

std::vector<NamedHistogram> distributions_of(const RunRecord& record) {
  std::vector<NamedHistogram> out;
  add(out, "commands", "from the scheduled start to the answer", record.latency);
  add(out, "queries", "from the scheduled start to the answer", record.query_latency);
  add(out, "service time", "from the sending to the answer", record.service_time);
  add(out, "schedule lag", "from the scheduled start to the sending", record.schedule_lag);
  add(out, "staleness", "from the scheduled start until a read shows it", record.staleness);
  return out;
}

std::vector<NamedHistogram> hops_of(const RunRecord& record) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kHops{
      {{"commit", "until the command is decided and stored"},
       {"publish", "until its events are in the log"},
       {"apply", "until the projector has written the view"},
       {"visible", "until a read answers with it"}}};
  std::vector<NamedHistogram> out;
  for (const auto& [name, about] : kHops) {
    const auto hop = record.hops.find(name);
    if (hop != record.hops.end()) add(out, name, about, hop->second);
  }
  for (const auto& [name, histogram] : record.hops) {
    const bool known =
        std::any_of(kHops.begin(), kHops.end(), [&](const auto& hop) { return name == hop.first; });
    if (!known) add(out, name.c_str(), "", histogram);
  }
  return out;
}

}  // namespace cqrs
