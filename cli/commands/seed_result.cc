#include "cli/commands/seed.h"
#include "cli/output/units.h"

#include <cmath>

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
  const auto client = std::lround(per_command_us(result.client_cpu_s, result.sent));
  const auto server = std::lround(per_command_us(result.server_cpu_s, result.sent));
  return (result.server_cpu_s > 0 ? "service " + std::to_string(server) + " us, " : std::string()) +
         "client " + std::to_string(client) + " us of processor time per command";
}

std::vector<std::pair<std::string, std::string>> facts_of(const SeedOutcome& outcome) {
  const SeedResult& result = outcome.result;
  const auto count = [](std::uint64_t number) {
    return grouped(static_cast<std::int64_t>(number));
  };
  return {
      {"entities", "users " + count(outcome.plan.shape.users) + ", products " +
                       count(outcome.plan.shape.products) + ", orders " +
                       count(outcome.plan.shape.orders) + "  (seed " +
                       std::to_string(outcome.plan.shape.seed) + ")"},
      {"commands", "sent " + count(result.sent) + ", acknowledged " + count(result.acknowledged) +
                       ", rejected " + count(result.rejected) + ", indeterminate " +
                       count(result.indeterminate)},
      {"rate", rate_text(result.entities_per_s()) + " entities, end to end, in " +
                   seconds_text(result.elapsed_s())},
      {"load", "closed loop, " + std::to_string(outcome.plan.connections) + " connections, " +
                   std::to_string(outcome.plan.depth) +
                   " requests in flight on each, one HTTP request per entity"},
      {"visible", (result.all_visible ? "everything, " : "NOT everything, waited ") +
                      seconds_text(result.visible_after_s) + " after the last acknowledgement"},
      {"latency", percentiles_text(result.latency)},
      {"staleness", percentiles_text(result.staleness)},
      {"cost", cost_text(result)},
      {"memory",
       "service " + bytes_text(result.server_rss) + ", client " + bytes_text(result.client_rss)},
      {"lost", outcome.lost < 0 ? std::string("not checked")
                                : std::to_string(outcome.lost) + " of " +
                                      count(result.acknowledged) + " acknowledged, by the ledger"}};
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
  // Without the lookup there is nothing to judge.
  Json slos = Json::array();
  if (outcome.lost >= 0) {
    slos.push_back({{"slo", "ledger.lost==0"},
                    {"ok", outcome.lost == 0},
                    {"observed", outcome.lost},
                    {"unit", "entities"},
                    {"samples", result.acknowledged}});
  }
  return {{"verdict", outcome.verdict},
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
          {"model", "closed"},
          {"connections", outcome.plan.connections},
          {"depth", outcome.plan.depth},
          {"achieved_ratio", 1.0},
          {"cpu_us_per_cmd", per_command_us(result.client_cpu_s, result.sent)},
          {"server_cpu_us_per_cmd", per_command_us(result.server_cpu_s, result.sent)},
          {"cpu_us_per_entity", cpu_split_json(result.cost, result.acknowledged)},
          {"rss_bytes", result.client_rss},
          {"server_rss_bytes", result.server_rss},
          {"seed", outcome.plan.shape.seed},
          {"ledger", outcome.plan.ledger_path},
          {"slos", std::move(slos)}};
}

void print(const SeedOutcome& outcome, std::ostream& out) {
  for (const auto& [name, value] : facts_of(outcome)) {
    out << name << std::string(12 - name.size(), ' ') << value << "\n";
  }
  if (!outcome.result.first_rejection.empty()) {
    out << "rejection   " << outcome.result.first_rejection << "\n";
  }
  out << "verdict     " << outcome.verdict << "\n";
}

ReportSection section_of(const SeedOutcome& outcome) { return {"Seed", facts_of(outcome), {}, {}}; }

}  // namespace cqrs
