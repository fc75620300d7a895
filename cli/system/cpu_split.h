// What a stretch of work cost in processor time, by part: the client is this process, the stages
// are what the service counts (cqrs_stage_cpu_seconds_total).
#pragma once

#include "cli/system/running.h"

#include <array>
#include <cstdint>
#include <string>

namespace cqrs {

// Seconds since the start of each process; the difference of two readings is a stretch.
struct CpuReading {
  double client = 0;
  double service = 0;  // all of it, start included
  double http = 0;     // reading, parsing, building commands, writing answers
  double decide = 0;   // the committer without its store: deciding, encoding, answers
  double store = 0;    // the write store's calls
  double project = 0;
  double query = 0;
  double commits = 0;    // groups …
  double committed = 0;  // … and the commands in them
  [[nodiscard]] double total() const { return client + service; }
  [[nodiscard]] double other() const {  // of the service: start, log, time-outs, administration
    return service - http - decide - store - project - query;
  }
  friend CpuReading operator-(const CpuReading& a, const CpuReading& b);
  friend CpuReading operator+(const CpuReading& a, const CpuReading& b);
};

// Errors: those of the transport.
[[nodiscard]] Result<CpuReading> read_cpu(const RunningSystem& system);

// The value of one series in Prometheus text, e.g. `x_total{stage="http"}`; 0 when it is not there.
[[nodiscard]] double metric_value(std::string_view text, std::string_view series);

// {"client","http","decide","store","project","query","other","total"}: microseconds per entity.
[[nodiscard]] Json cpu_split_json(const CpuReading& cost, std::uint64_t entities);
// "client 3.1, http 7.6, …"
[[nodiscard]] std::string cpu_split_text(const CpuReading& cost, std::uint64_t entities);
// The part that costs most: its name and its microseconds per entity.
[[nodiscard]] std::pair<std::string, double> largest_part(const CpuReading& cost,
                                                          std::uint64_t entities);

}  // namespace cqrs
