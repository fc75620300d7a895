// Everything that is known about one load run: what `load`, `knee` and `chaos` leave behind, what
// reports are drawn from, and what `report RUN...` and `compare` read again. report.json keeps it,
// histograms included, so that several runs can be merged exactly.
#pragma once

#include "core/base/json_tree.h"
#include "core/workload/histogram.h"
#include "core/workload/slo.h"

#include "cli/report/report.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace cqrs {

// One operation, warm-up left out.
struct OperationRecord {
  std::string name;
  bool command = false;
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;       // answered, and certainly not done
  std::uint64_t indeterminate = 0;  // no answer in time, connection broken, in doubt: as first told
  Histogram latency;                // us, from the scheduled start, of what was acknowledged …
  Histogram service_time;           // … from the sending
  Histogram failure;                // latency of what was not; a timeout enters at its value
  std::map<std::string, std::uint64_t> failures;  // by what was told: "503 overloaded", "timeout"
};

// One second of the run. Everything that is not known is -1.
struct SecondRecord {
  double at = 0;      // seconds since the start of the first phase
  double target = 0;  // operations that were due in it
  double sent = 0;
  double acknowledged = 0;
  double errors = 0;
  double in_flight = 0;
  double latency_p50 = -1;  // ms, commands and queries together
  double latency_p99 = -1;
  double latency_max = -1;
  double staleness_p50 = -1;  // ms
  double staleness_p99 = -1;
  double lag_records = -1;
  double lag_seconds = -1;
  double schedule_lag_p99 = -1;  // ms
  double client_cpu = -1;        // processors in use: 1 = one core
  double system_cpu = -1;
  double client_rss = -1;  // bytes
  double system_rss = -1;
  double reads_ok = -1;  // share of reads that were answered, 0 to 1
  // hdr_text(…, HdrDigits::kTwo) of the latencies and stalenesses of this second, for merging and
  // for the interval log: some 200 to 400 bytes. Empty: none.
  std::string latency_hdr;
  std::string staleness_hdr;
};

struct FaultRecord {
  double at = 0;     // seconds since the start of the first phase, when it was done
  double until = 0;  // when it was over; 0: a single moment
  std::string what;  // "kill projector"
  std::string note;  // what went wrong with doing it; empty: nothing
  double recovered_after =
      -1;  // seconds from its end until lag 0 was seen; -1: not seen, not asked
};

struct PhaseRecord {
  std::string name;
  double from = 0;  // seconds
  double to = 0;
  bool warmup = false;
};

struct RunRecord {
  std::string title;     // scenario name, or the mix
  std::string verdict;   // "pass", "fail", "inconclusive", "invalid"
  std::string headline;  // one sentence an operator would say
  int exit_code = 0;
  std::string command_line;
  std::string started_at;
  std::string model;    // "open" or "closed"
  std::string target;   // URL
  std::string profile;  // "embedded", "standard", "foreign"
  std::uint64_t seed = 0;
  std::uint32_t shard = 1;  // i of n; 0: all n of them merged
  std::uint32_t shards = 1;
  Json scenario = Json::object();  // as it was run

  double elapsed_s = 0;
  double warmup_s = 0;
  std::uint64_t intended = 0;  // due by the schedule, warm-up included
  std::uint64_t sent = 0;      // warm-up included, queries included
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t indeterminate = 0;  // still unknown after resolving
  std::uint64_t resolved = 0;       // unknown at first, known after asking again under the same key
  std::uint64_t skipped = 0;        // due, and not sent because the run ended
  std::uint64_t substituted = 0;    // creations sent because there was nothing to act on
  double intended_per_s = 0;
  double achieved_per_s = 0;
  double achieved_ratio = 1;
  double visible_after_s = -1;  // last acknowledgement until all of it is visible; -1: not seen
  std::int64_t lost = -1;       // acknowledged, and not there; -1: not looked

  std::vector<OperationRecord> operations;
  Histogram latency;  // commands, us
  Histogram query_latency;
  Histogram service_time;  // all
  Histogram schedule_lag;  // all; open model only
  Histogram staleness;
  std::map<std::string, Histogram> hops;  // "commit", "publish", "apply", "visible"
  std::vector<PhaseRecord> phases;
  std::vector<SecondRecord> seconds;
  std::vector<FaultRecord> faults;
  std::vector<SloResult> slos;
  std::vector<ReportCheck> checks;      // what must hold: ledger, verify, schedule
  std::vector<ReportSection> sections;  // host, versions, configuration
  Json mismatches = Json::array();      // of verify, as its JSON has them
  std::vector<std::string> caveats;
  double client_cpu_s = 0;
  double system_cpu_s = 0;
  std::uint64_t client_rss = 0;  // bytes, highest
  std::uint64_t system_rss = 0;
  std::string ledger;  // path of the ledger; empty: none
};

// schema "cqrsctl.run/1", docs/formats/run-report.md.
[[nodiscard]] Json json_of(const RunRecord& record);
// Errors: invalid (another schema, a member that is missing or wrong: named).
[[nodiscard]] Result<RunRecord> run_record_of(const Json& json);
// The members that scripts rely on: what `-o json` prints.
[[nodiscard]] Json summary_json(const RunRecord& record);

// report.html, report.json, summary.md, junit.xml, timeseries.jsonl, latency.hgrm, histograms.hlog,
// mismatches.jsonl, repro.txt, and ledger.bin when there is one. Error: unavailable (names the
// path).
[[nodiscard]] Status write_run_report(const std::string& directory, const RunRecord& record);
// Reads the report.json of a directory. Errors: not_found, invalid (names the file).
[[nodiscard]] Result<RunRecord> read_run_report(const std::string& directory);

// The shards of one run as one record. Its verdict is the worst of theirs, and it has no thresholds
// of its own (theirs are in its sections): the caller may judge them again by the whole.
// Exact: all counts and histograms, per operation and in total, and per second what is counted,
// and percentiles where the seconds carry their histograms (within 1 %). Not known from shards, so
// the worst of them: per second lag, schedule lag, reads answered, and percentiles of seconds
// without histograms, which a caveat says. What all of them saw of the same system (processor,
// memory, lost, faults) is taken from the one that saw most. `ledgers` are the paths of the shards'
// ledgers, which are not merged here. Error: invalid (not the same run, a shard that is missing or
// there twice: named).
struct MergedRun {
  RunRecord record;
  std::vector<std::string> ledgers;
};
[[nodiscard]] Result<MergedRun> merge(const std::vector<RunRecord>& shards);

// The files but for writing them. `html_of` needs no network; `junit_of` has one testcase per check
// and threshold.
[[nodiscard]] std::string html_of(const RunRecord& record);
[[nodiscard]] std::string markdown_of(const RunRecord& record);
[[nodiscard]] std::string junit_of(const RunRecord& record);
[[nodiscard]] std::string repro_of(const RunRecord& record);
[[nodiscard]] std::string timeseries_of(const RunRecord& record);
[[nodiscard]] std::string hlog_of(const RunRecord& record);
// For a terminal: the rates first, the verdict last.
void print(const RunRecord& record, std::ostream& out);

}  // namespace cqrs
