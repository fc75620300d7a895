#include "cli/commands/ceilings.h"
#include "cli/output/units.h"

#include <array>
#include <cmath>
#include <iomanip>

namespace cqrs {
namespace {

// Above this the processors are what everybody waits for.
constexpr double kBusy = 0.8;

double ratio(double part, double limit) { return limit > 0 ? part / limit : 0; }

struct Row {
  const char* name;
  double rate;
  double limit;  // 0: nothing above it was measured
  std::string of;
  std::string how;
};

std::vector<Row> rows_of(const CeilingsResult& result, const CeilingsOptions& options) {
  const double disk = median(result.disk);
  const double append = median(result.append);
  const double commit = median(result.commit);
  const double read = median(result.read);
  const double noop = median(result.noop);
  const std::string group = "groups of " + std::to_string(result.group);
  return {{"disk", disk, 0, "", "the events' bytes into a plain file, fdatasync after " + group},
          {"log append", append, disk, "disk",
           "ready events into the events table of write.db, " + group + ", durable"},
          {"store commit", commit, append, "log append",
           "decide, events, states, claims and keys in " + group + ", durable, without HTTP"},
          {"record read", read, 0, "", "events read from write.db in pages"},
          {"read-store apply", median(result.apply), read, "record read",
           "the same events projected into a fresh generation"},
          {"HTTP no-op", noop, 0, "",
           std::to_string(options.concurrency) + " connections, " + std::to_string(options.depth) +
               " in flight on each, nothing done"},
          {"end to end", median(result.end_to_end), noop, "HTTP no-op",
           "the same connections, single commands, all durable and visible"}};
}

std::string two_decimals(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

double busy_part(const CeilingsResult& result) {
  return ratio(result.cost.total(), result.end_to_end_s * result.processors);
}

std::string limit_text(const CeilingsResult& result) {
  const auto [part, micros] = largest_part(result.cost, result.entities);
  const std::string busy = std::to_string(std::lround(busy_part(result) * 100)) + " % of " +
                           std::to_string(result.processors) + " processors";
  const std::string largest = part + " takes the largest part, " + two_decimals(micros) + " us";
  return busy_part(result) >= kBusy
             ? "the processors: end to end keeps " + busy + " busy; " + largest
             : "end to end keeps only " + busy +
                   " busy: it waits for the disk or for other work on this machine; " + largest;
}

}  // namespace

Json json_of(const CeilingsResult& result, const CeilingsOptions& options) {
  const double noop = median(result.noop);
  const double end_to_end = median(result.end_to_end);
  const double commit = median(result.commit);
  const double append = median(result.append);
  return {{"http_noop_per_s", noop},
          {"store_commit_per_s", commit},
          {"log_append_per_s", append},
          {"read_apply_per_s", median(result.apply)},
          {"end_to_end_per_s", end_to_end},
          {"end_to_end_over_http_noop", ratio(end_to_end, noop)},
          {"end_to_end_over_store_commit", ratio(end_to_end, commit)},
          {"disk_append_per_s", median(result.disk)},
          {"record_read_per_s", median(result.read)},
          {"log_append_over_disk", ratio(append, median(result.disk))},
          {"store_commit_over_log_append", ratio(commit, append)},
          {"read_apply_over_record_read", ratio(median(result.apply), median(result.read))},
          {"log_append_store", "write.db: in the embedded profile the events table is the log"},
          {"group", result.group},
          {"connections", options.concurrency},
          {"depth", options.depth},
          {"cpu_us_per_entity", cpu_split_json(result.cost, result.entities)},
          {"processors", result.processors},
          {"processors_busy", busy_part(result)},
          {"rounds",
           {{"http_noop_per_s", result.noop},
            {"store_commit_per_s", result.commit},
            {"log_append_per_s", result.append},
            {"read_apply_per_s", result.apply},
            {"end_to_end_per_s", result.end_to_end},
            {"disk_append_per_s", result.disk},
            {"record_read_per_s", result.read}}}};
}

void print(const CeilingsResult& result, const CeilingsOptions& options, std::ostream& out) {
  out << std::left << std::setw(18) << "what" << std::right << std::setw(13) << "rate"
      << "   " << std::left << std::setw(21) << "of its limit"
      << "measured as\n";
  for (const auto& row : rows_of(result, options)) {
    out << std::left << std::setw(18) << row.name << std::right << std::setw(13)
        << rate_text(row.rate) << "   " << std::left << std::setw(21)
        << (row.limit > 0 ? two_decimals(ratio(row.rate, row.limit)) + " of " + row.of : "-")
        << row.how << "\n";
  }
  out << "cost     " << cpu_split_text(result.cost, result.entities) << "\n"
      << "limit    " << limit_text(result) << "\n"
      << "median of " << options.rounds << " interleaved rounds of " << options.seconds
      << " s per part; the load client runs on the same processors\n";
}

}  // namespace cqrs
