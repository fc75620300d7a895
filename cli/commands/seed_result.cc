#include "cli/commands/seed.h"
#include "cli/output/units.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace cqrs {
namespace {

double per_command_us(double seconds, std::uint64_t commands) {
  return commands == 0 ? 0 : seconds * 1e6 / static_cast<double>(commands);
}

std::string percentiles_text(const Histogram& histogram) {
  if (histogram.count() == 0) return "no samples";
  return "p50 " + micros_text(histogram.percentile(50)) + ", p90 " +
         micros_text(histogram.percentile(90)) + ", p99 " + micros_text(histogram.percentile(99)) +
         ", p99.9 " + micros_text(histogram.percentile(99.9)) + ", max " +
         micros_text(histogram.max()) + "  (" +
         grouped(static_cast<std::int64_t>(histogram.count())) + " samples)";
}

// A service that was restarted meanwhile has no processor time that could be told.
std::string cost_text(const SeedResult& result) {
  std::array<char, 96> text{};
  const double client = per_command_us(result.client_cpu_s, result.sent);
  const double server = per_command_us(result.server_cpu_s, result.sent);
  if (result.server_cpu_s > 0) {
    std::snprintf(text.data(), text.size(), "service %.1f us, client %.1f us", server, client);
  } else {
    std::snprintf(text.data(), text.size(), "client %.1f us", client);
  }
  return std::string(text.data()) + " of processor time per command";
}

// Nor has one whose processes are not known here.
std::string memory_text(const SeedResult& result) {
  const std::string client = "client " + bytes_text(result.client_rss);
  return result.server_rss == 0 ? client
                                : "service " + bytes_text(result.server_rss) + ", " + client;
}

std::string visible_text(const SeedResult& result) {
  if (result.interrupted && !result.all_visible) return "not waited for";
  return (result.all_visible ? "everything, " : "NOT everything, waited ") +
         seconds_text(result.visible_after_s) + " after the last acknowledgement";
}

std::string count_text(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

std::string percent_text(double share) {
  std::array<char, 32> text{};
  // Never rounded up to a promise that was not kept.
  std::snprintf(text.data(), text.size(), "%.2f %%", std::floor(share * 10'000) / 100);
  return text.data();
}

std::string load_text(const SeedPlan& plan) {
  const std::string each = plan.via == SeedVia::kBulk
                               ? "up to " + count_text(plan.batch) + " entities per HTTP request"
                               : std::string("one HTTP request per entity");
  if (plan.rate > 0) {
    return "open model, " + rate_text(plan.rate) + " wanted, at most " +
           count_text(plan.max_in_flight) + " in flight, " + each;
  }
  return "closed loop, " + std::to_string(plan.connections) + " connections, " +
         std::to_string(plan.depth) + " requests in flight on each, " + each;
}

std::string achieved_text(const SeedOutcome& outcome) {
  return rate_text(outcome.result.sent_per_s) + " sent of " + rate_text(outcome.plan.rate) +
         " wanted, " + percent_text(outcome.result.achieved_ratio) + " of the schedule (at least " +
         percent_text(outcome.min_achieved) + ")";
}

std::string lost_text(const SeedOutcome& outcome) {
  if (outcome.lost < 0) return "not checked";
  return std::to_string(outcome.lost) + " of " + count_text(outcome.result.totals.acknowledged) +
         " acknowledged, by the ledger";
}

std::string ledger_text(const SeedOutcome& outcome) {
  const SeedTotals& totals = outcome.result.totals;
  return count_text(totals.acknowledged) + " of " + count_text(outcome.plan.shape.total()) +
         " acknowledged, " + count_text(totals.rejected) + " rejected, " + count_text(totals.open) +
         " open  in " + outcome.plan.ledger_path;
}

bool open_end(const SeedOutcome& outcome) { return outcome.result.totals.open > 0; }

std::string way_on(const SeedOutcome& outcome) {
  return "cqrsctl seed --resume --ledger " + outcome.plan.ledger_path;
}

std::vector<std::pair<std::string, std::string>> facts_of(const SeedOutcome& outcome) {
  const SeedResult& result = outcome.result;
  const auto count = count_text;
  std::vector<std::pair<std::string, std::string>> facts{
      {"entities", "users " + count(outcome.plan.shape.users) + ", products " +
                       count(outcome.plan.shape.products) + ", orders " +
                       count(outcome.plan.shape.orders) + "  (seed " +
                       std::to_string(outcome.plan.shape.seed) + ")"},
      {"commands", "sent " + count(result.sent) + ", acknowledged " + count(result.acknowledged) +
                       ", rejected " + count(result.rejected) + ", indeterminate " +
                       count(result.indeterminate)},
      {"rate", rate_text(result.entities_per_s()) + " entities, end to end, in " +
                   seconds_text(result.elapsed_s())},
      {"load", load_text(outcome.plan)},
      {"visible", visible_text(result)},
      {"latency", percentiles_text(result.latency)},
      {"staleness", percentiles_text(result.staleness)},
      {"cost", cost_text(result)},
      {"memory", memory_text(result)},
      {"lost", lost_text(outcome)}};
  if (outcome.plan.rate > 0) {
    facts.insert(facts.begin() + 4, {{"achieved", achieved_text(outcome)},
                                     {"sched lag", percentiles_text(result.schedule_lag)},
                                     {"service", percentiles_text(result.service_time)}});
  }
  if (outcome.plan.resume) {
    facts.insert(facts.begin() + 1, {"resumed", count(result.before) + " were settled before"});
  }
  if (outcome.plan.resume || open_end(outcome)) facts.emplace_back("ledger", ledger_text(outcome));
  return facts;
}

// {"slo","ok","observed","unit","samples"}
Json slos_of(const SeedOutcome& outcome) {
  const SeedResult& result = outcome.result;
  Json slos = Json::array();
  // Without the lookup there is nothing to judge.
  if (outcome.lost >= 0) {
    slos.push_back({{"slo", "ledger.lost==0"},
                    {"ok", outcome.lost == 0},
                    {"observed", outcome.lost},
                    {"unit", "entities"},
                    {"samples", result.totals.acknowledged}});
  }
  if (outcome.plan.rate > 0) {
    slos.push_back({{"slo", "load.achieved>=" + percent_text(outcome.min_achieved)},
                    {"ok", result.achieved_ratio >= outcome.min_achieved},
                    {"observed", result.achieved_ratio},
                    {"unit", "ratio"},
                    {"samples", result.sent}});
  }
  return slos;
}

// What there is to say about the way of sending.
void add_offered_load(Json& out, const SeedOutcome& outcome) {
  const SeedPlan& plan = outcome.plan;
  out["via"] = plan.via == SeedVia::kBulk ? "bulk" : "http";
  out["model"] = plan.rate > 0 ? "open" : "closed";
  out["batch"] = plan.batch;
  out["connections"] = plan.connections;
  out["depth"] = plan.depth;
  out["achieved_ratio"] = outcome.result.achieved_ratio;
  out["sent_per_s"] = outcome.result.sent_per_s;
  if (plan.rate <= 0) return;
  out["target_per_s"] = plan.rate;
  out["max_inflight"] = plan.max_in_flight;
  out["schedule_lag_ms"] = percentiles_ms(outcome.result.schedule_lag);
}

}  // namespace

Json percentiles_ms(const Histogram& histogram) {
  const auto at = [&](double percent) {
    return static_cast<double>(histogram.percentile(percent)) / 1e3;
  };
  return {{"p50", at(50)},
          {"p90", at(90)},
          {"p95", at(95)},
          {"p99", at(99)},
          {"p999", at(99.9)},
          {"max", static_cast<double>(histogram.max()) / 1e3},
          {"samples", histogram.count()}};
}

Json json_of(const SeedOutcome& outcome) {
  const SeedResult& result = outcome.result;
  Json out{{"verdict", outcome.verdict},
           {"sent", result.sent},
           {"acked", result.acknowledged},
           {"rejected", result.rejected},
           {"indeterminate", result.indeterminate},
           {"retries", result.retries},
           {"replayed", result.replayed},
           {"elapsed_s", result.elapsed_s()},
           {"entities_per_s", result.entities_per_s()},
           {"visible_after_s", result.visible_after_s},
           {"lost", outcome.lost < 0 ? Json() : Json(outcome.lost)},
           {"verify_s", outcome.verify_s},
           {"latency_ms", percentiles_ms(result.latency)},
           {"staleness_ms", percentiles_ms(result.staleness)},
           {"service_time_ms", percentiles_ms(result.service_time)},
           {"cpu_us_per_cmd", per_command_us(result.client_cpu_s, result.sent)},
           {"server_cpu_us_per_cmd", per_command_us(result.server_cpu_s, result.sent)},
           {"cpu_us_per_entity", cpu_split_json(result.cost, result.acknowledged)},
           {"rss_bytes", result.client_rss},
           {"server_rss_bytes", result.server_rss},
           {"seed", outcome.plan.shape.seed},
           {"ledger", outcome.plan.ledger_path},
           {"entities", outcome.plan.shape.total()},
           {"resumed", outcome.plan.resume},
           {"settled_before", result.before},
           {"total",
            {{"acked", result.totals.acknowledged},
             {"rejected", result.totals.rejected},
             {"open", result.totals.open}}},
           {"interrupted", result.interrupted},
           {"slos", slos_of(outcome)}};
  add_offered_load(out, outcome);
  if (open_end(outcome)) out["next"] = way_on(outcome);
  return out;
}

void print(const SeedOutcome& outcome, std::ostream& out) {
  if (outcome.nothing_to_do) {
    out << "nothing to resume: every command of the run in " << outcome.plan.ledger_path
        << " has its outcome\n";
    return;
  }
  for (const auto& [name, value] : facts_of(outcome)) {
    out << name << std::string(12 - name.size(), ' ') << value << "\n";
  }
  if (!outcome.result.first_rejection.empty()) {
    out << "rejection   " << outcome.result.first_rejection << "\n";
  }
  out << "verdict     " << outcome.verdict << (outcome.result.interrupted ? "  (interrupted)" : "")
      << "\n";
  if (open_end(outcome)) out << "next        " << way_on(outcome) << "\n";
}

ReportSection section_of(const SeedOutcome& outcome) { return {"Seed", facts_of(outcome), {}, {}}; }

}  // namespace cqrs
