// The directory of a run's report.
#include "core/wiring/data_dir.h"

#include "cli/report/hdr_file.h"
#include "cli/report/run_figures.h"
#include "cli/report/run_record.h"

#include <cerrno>
#include <ctime>
#include <filesystem>

namespace cqrs {
namespace {

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One member per line, one line per element of an array: as small as it can be and still be read.
std::string pretty(const Json& json) {
  std::string out = "{\n";
  for (auto member = json.begin(); member != json.end(); ++member) {
    out += (member == json.begin() ? "" : ",\n") + dumped(member.key()) + ": ";
    if (!member->is_array() || member->empty()) {
      out += dumped(*member);
      continue;
    }
    out += "[\n";
    for (std::size_t i = 0; i < member->size(); ++i) {
      out += (i == 0 ? "" : ",\n") + dumped((*member)[i]);
    }
    out += "\n]";
  }
  return out + "\n}\n";
}

// Seconds since 1970 of "2026-11-28T10:00:00Z" and the like; 0 when it is none.
double epoch_of(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  double fraction = 0;
  if (*rest == '.') fraction = std::strtod(rest, nullptr);
  return static_cast<double>(::timegm(&parts)) + fraction;
}

// A tag has no comma, blank or line break in a log.
std::string tag_of(std::string name) {
  for (char& c : name) {
    if (c == ' ' || c == ',' || c == '\n' || c == '\t' || c == '\r') c = '_';
  }
  return name;
}

std::string mismatches_of(const RunRecord& record) {
  std::string out;
  for (const auto& item : record.mismatches) out += dumped(item) + "\n";
  return out;
}

// A ledger may be large and is only ever appended to: the same file under another name, or a copy
// where that cannot be.
Status keep_ledger(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::equivalent(from, to, error)) return {};
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) return file_error("copy the ledger to", to, error.value());
  return {};
}

}  // namespace

std::string timeseries_of(const RunRecord& record) {
  // Each line is an element of "seconds" in report.json, without the histograms.
  std::string out;
  const Json json = json_of(record);
  for (Json second : json.at("seconds")) {
    second.erase("latency_hdr");
    second.erase("staleness_hdr");
    out += dumped(second) + "\n";
  }
  return out;
}

std::string hlog_of(const RunRecord& record) {
  std::vector<HdrInterval> intervals;
  const auto second_of = [&](const std::string& tag, double at, const std::string& text) {
    // What does not decode was not made by us, and is left out of a file for other programs.
    const auto histogram = histogram_of_hdr_text(text);
    if (histogram) intervals.push_back({tag, at, 1, text, histogram->max()});
  };
  for (const auto& second : record.seconds) {
    second_of("latency_by_second", second.at, second.latency_hdr);
    second_of("staleness_by_second", second.at, second.staleness_hdr);
  }
  const auto whole = [&](const std::string& name, const Histogram& histogram) {
    if (histogram.count() == 0) return;
    intervals.push_back({tag_of(name), record.warmup_s, record.elapsed_s - record.warmup_s,
                         hdr_text(histogram), histogram.max()});
  };
  for (const auto& named : distributions_of(record)) whole(named.name, *named.histogram);
  for (const auto& hop : hops_of(record)) whole("hop." + hop.name, *hop.histogram);
  for (const auto& operation : record.operations) whole("op." + operation.name, operation.latency);
  return hlog_of(epoch_of(record.started_at), intervals);
}

std::string repro_of(const RunRecord& record) {
  std::string out = "# " + record.title + ", " + record.started_at + ": " + record.verdict +
                    "\n# cqrsctl " CQRS_VERSION ", seed " + std::to_string(record.seed) + ", " +
                    record.profile + " profile at " + record.target + "\n" + record.command_line +
                    "\n";
  if (!record.scenario.is_object() || record.scenario.empty()) return out;
  return out + "\n# The scenario as it was run:\n" +
         record.scenario.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status write_run_report(const std::string& directory, const RunRecord& record) {
  CQRS_TRY(create_directory(directory));
  RunRecord stored = record;
  if (!record.ledger.empty()) {
    CQRS_TRY(keep_ledger(record.ledger, directory + "/ledger.bin"));
    stored.ledger = "ledger.bin";
  }
  const auto write = [&](const char* name, const std::string& text) {
    return write_file(directory + "/" + name, text);
  };
  CQRS_TRY(write("report.html", html_of(record)));
  CQRS_TRY(write("report.json", pretty(json_of(stored))));
  CQRS_TRY(write("summary.md", markdown_of(record)));
  CQRS_TRY(write("junit.xml", junit_of(record)));
  CQRS_TRY(write("timeseries.jsonl", timeseries_of(record)));
  CQRS_TRY(write("latency.hgrm", hgrm_of(record.latency)));
  CQRS_TRY(write("histograms.hlog", hlog_of(record)));
  CQRS_TRY(write("mismatches.jsonl", mismatches_of(record)));
  return write("repro.txt", repro_of(record));
}

Result<RunRecord> read_run_report(const std::string& directory) {
  const std::string path = directory + "/report.json";
  const auto text = read_file(path);
  if (!text) {
    return make_error(text.error().code,
                      "no report of a run at " + path + ": " + text.error().message);
  }
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return invalid("report.json", path + " is not JSON");
  auto record = run_record_of(json);
  if (!record) return invalid(record.error().field, path + ": " + record.error().message);
  // Relative to the directory, so that a report can be moved.
  if (!record->ledger.empty() && record->ledger.front() != '/') {
    record->ledger = directory + "/" + record->ledger;
  }
  return record;
}

}  // namespace cqrs
