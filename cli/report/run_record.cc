#include "cli/report/run_record.h"

#include "cli/report/hdr_file.h"
#include "cli/report/json_fields.h"

#include <array>

namespace cqrs {
namespace {

constexpr const char* kSchema = "cqrsctl.run/1";
constexpr std::array<const char*, 6> kComparisons{"<", "<=", ">", ">=", "==", "!="};

}  // namespace

// Found by their arguments from json_fields.h, so they cannot be in the namespace without a name.
// `Record` is const when written.
template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, OperationRecord>
void fields(Io& io, Record& record) {
  io("name", record.name);
  io("command", record.command);
  io("sent", record.sent);
  io("acked", record.acknowledged);
  io("rejected", record.rejected);
  io("indeterminate", record.indeterminate);
  io("latency", record.latency);
  io("service_time", record.service_time);
  io("failure_latency", record.failure);
  io("failures", record.failures);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, SecondRecord>
void fields(Io& io, Record& record) {
  io("t", record.at);
  io("target", record.target);
  io("sent", record.sent);
  io("acked", record.acknowledged);
  io("errors", record.errors);
  io("in_flight", record.in_flight);
  io.known("latency_p50_ms", record.latency_p50);
  io.known("latency_p99_ms", record.latency_p99);
  io.known("latency_max_ms", record.latency_max);
  io.known("staleness_p50_ms", record.staleness_p50);
  io.known("staleness_p99_ms", record.staleness_p99);
  io.known("lag_records", record.lag_records);
  io.known("lag_s", record.lag_seconds);
  io.known("schedule_lag_p99_ms", record.schedule_lag_p99);
  io.known("client_cpu", record.client_cpu);
  io.known("system_cpu", record.system_cpu);
  io.known("client_rss_bytes", record.client_rss);
  io.known("system_rss_bytes", record.system_rss);
  io.known("reads_ok", record.reads_ok);
  io.filled("latency_hdr", record.latency_hdr);
  io.filled("staleness_hdr", record.staleness_hdr);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, FaultRecord>
void fields(Io& io, Record& record) {
  io("at_s", record.at);
  io("until_s", record.until);
  io("what", record.what);
  io.filled("note", record.note);
  io.known("recovered_after_s", record.recovered_after);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, PhaseRecord>
void fields(Io& io, Record& record) {
  io("name", record.name);
  io("from_s", record.from);
  io("to_s", record.to);
  io("warmup", record.warmup);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, SloResult>
void fields(Io& io, Record& record) {
  io("threshold", record.slo);
  io("ok", record.ok);
  io("observed_base", record.observed);
  io("observed", record.shown);
  io("unit", record.unit);
  io("samples", record.samples);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, ReportCheck>
void fields(Io& io, Record& record) {
  io("name", record.name);
  io("ok", record.ok);
  io("detail", record.detail);
  io("seconds", record.seconds);
}

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, ReportSection>
void fields(Io& io, Record& record) {
  io("title", record.title);
  io("facts", record.facts);
  io("columns", record.columns);
  io("rows", record.rows);
}

namespace {

template <class Io, class Record>
void identity_fields(Io& io, Record& record) {
  io("title", record.title);
  io("verdict", record.verdict);
  io("headline", record.headline);
  io("exit_code", record.exit_code);
  io("command_line", record.command_line);
  io("started_at", record.started_at);
  io("model", record.model);
  io("target", record.target);
  io("profile", record.profile);
  io("seed", record.seed);
  io("shard", record.shard);
  io("shards", record.shards);
  io("scenario", record.scenario);
}

template <class Io, class Record>
void total_fields(Io& io, Record& record) {
  io("elapsed_s", record.elapsed_s);
  io("warmup_s", record.warmup_s);
  io("intended", record.intended);
  io("sent", record.sent);
  io("acked", record.acknowledged);
  io("rejected", record.rejected);
  io("indeterminate", record.indeterminate);
  io("resolved", record.resolved);
  io("skipped", record.skipped);
  io("substituted", record.substituted);
  io("intended_per_s", record.intended_per_s);
  io("achieved_per_s", record.achieved_per_s);
  io("achieved_ratio", record.achieved_ratio);
  io.known("visible_after_s", record.visible_after_s);
  io("lost", record.lost);
  io("client_cpu_s", record.client_cpu_s);
  io("system_cpu_s", record.system_cpu_s);
  io("client_rss_bytes", record.client_rss);
  io("system_rss_bytes", record.system_rss);
}

template <class Io, class Record>
void detail_fields(Io& io, Record& record) {
  io("latency", record.latency);
  io("query_latency", record.query_latency);
  io("service_time", record.service_time);
  io("schedule_lag", record.schedule_lag);
  io("staleness", record.staleness);
  io("hops", record.hops);
  io("operations", record.operations);
  io("phases", record.phases);
  io("faults", record.faults);
  io("thresholds", record.slos);
  io("checks", record.checks);
  io("sections", record.sections);
  io("mismatches", record.mismatches);
  io("caveats", record.caveats);
  io("ledger", record.ledger);
  io("seconds", record.seconds);
}

}  // namespace

template <class Io, class Record>
requires std::same_as<std::remove_const_t<Record>, RunRecord>
void fields(Io& io, Record& record) {
  identity_fields(io, record);
  total_fields(io, record);
  detail_fields(io, record);
}

Json JsonWriter::json(const Histogram& histogram) {
  // The ends and the sum are exact beside the buckets.
  return {{"count", histogram.count()},
          {"min_us", histogram.min()},
          {"max_us", histogram.max()},
          {"sum_us", histogram.sum()},
          {"hdr", hdr_text(histogram)}};
}

std::string JsonReader::read(const Json& json, Histogram& histogram) {
  struct Numbers {
    std::int64_t min = 0, max = 0;
    std::uint64_t sum = 0;
    std::string text;
  } numbers;
  if (!json.is_object()) return " must be an object";
  JsonReader inner(json);
  inner("min_us", numbers.min);
  inner("max_us", numbers.max);
  inner("sum_us", numbers.sum);
  inner("hdr", numbers.text);
  if (!inner.error.empty()) return "." + inner.error;
  auto read = histogram_of_hdr_text(numbers.text);
  if (!read) return ".hdr: " + read.error().message;
  if (!read->refine(numbers.min, numbers.max, numbers.sum)) {
    return ".hdr does not fit min_us and max_us";
  }
  histogram = std::move(*read);
  return {};
}

Json JsonWriter::json(const Slo& slo) {
  return {{"text", slo.text},
          {"metric", slo.metric},
          {"tag", slo.tag},
          {"tag_value", slo.tag_value},
          {"aggregate", slo.aggregate},
          {"comparison", kComparisons.at(static_cast<std::size_t>(slo.comparison))},
          {"value", slo.value},
          {"window_ms", slo.window.count()},
          {"abort", slo.abort},
          {"abort_after_ms", slo.abort_after.count()}};
}

std::string JsonReader::read(const Json& json, Slo& slo) {
  if (!json.is_object()) return " must be an object";
  JsonReader inner(json);
  std::string comparison;
  std::int64_t window = 0;
  std::int64_t abort_after = 0;
  inner("text", slo.text);
  inner("metric", slo.metric);
  inner("tag", slo.tag);
  inner("tag_value", slo.tag_value);
  inner("aggregate", slo.aggregate);
  inner("comparison", comparison);
  inner("value", slo.value);
  inner("window_ms", window);
  inner("abort", slo.abort);
  inner("abort_after_ms", abort_after);
  if (!inner.error.empty()) return "." + inner.error;
  slo.window = std::chrono::milliseconds(window);
  slo.abort_after = std::chrono::milliseconds(abort_after);
  for (std::size_t i = 0; i < kComparisons.size(); ++i) {
    if (comparison != kComparisons.at(i)) continue;
    slo.comparison = static_cast<Comparison>(i);
    return {};
  }
  return ".comparison must be one of < <= > >= == !=";
}

Json json_of(const RunRecord& record) {
  JsonWriter writer;
  fields(writer, record);
  writer("schema", std::string(kSchema));
  return std::move(writer.out);
}

Result<RunRecord> run_record_of(const Json& json) {
  const std::string schema =
      json.is_object() && json.contains("schema") && json["schema"].is_string()
          ? json["schema"].get<std::string>()
          : std::string("none");
  if (schema != kSchema) {
    return invalid("schema", "this is no report of a load run: schema is " + schema + ", not " +
                                 kSchema + ": name a directory that load wrote");
  }
  RunRecord record;
  JsonReader reader(json);
  fields(reader, record);
  if (!reader.error.empty()) return invalid(reader.error, "report: " + reader.error);
  return record;
}

}  // namespace cqrs
