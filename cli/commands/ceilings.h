// What `cqrsctl ceilings` measured, and how people and programs get it.
#pragma once

#include "cli/commands/commands.h"
#include "cli/system/cpu_split.h"

#include <ostream>
#include <vector>

namespace cqrs {

// One sample per round in each; the medians are what is told.
struct CeilingsResult {
  std::vector<double> disk, append, commit, read, apply, noop, end_to_end;
  std::size_t group = 0;  // commands per transaction under load, and in the phases without HTTP
  CpuReading cost;        // of all end-to-end rounds together
  std::uint64_t entities = 0;
  double end_to_end_s = 0;
  unsigned processors = 1;
};

// 0 without samples.
[[nodiscard]] double median(std::vector<double> samples);

[[nodiscard]] Json json_of(const CeilingsResult& result, const CeilingsOptions& options);
void print(const CeilingsResult& result, const CeilingsOptions& options, std::ostream& out);

}  // namespace cqrs
