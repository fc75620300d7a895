// A report of one run, as a directory: report.html for people, report.json for programs, junit.xml
// for CI, summary.md for pull requests. The verdict comes first in all of them.
#pragma once

#include "core/base/json_tree.h"
#include "core/base/result.h"

#include <string>
#include <utility>
#include <vector>

namespace cqrs {

struct ReportCheck {
  std::string name;
  bool ok = false;
  std::string detail;  // what was observed
  double seconds = 0;
};

struct ReportSection {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> columns;  // a table below the facts, when not empty
  std::vector<std::vector<std::string>> rows;
};

struct Report {
  std::string title;
  std::string verdict;   // "pass", "fail", "inconclusive", "invalid"
  std::string headline;  // one sentence an operator would say
  std::string command_line;
  std::string started_at;
  double elapsed_s = 0;
  std::vector<ReportCheck> checks;
  std::vector<ReportSection> sections;
  std::vector<std::string> caveats;
  Json data = Json::object();  // machine-readable results, one member per step
};

// Host, load average, processors, program version: what a figure means nothing without.
[[nodiscard]] ReportSection host_section();

// Makes the directory and writes all four files. Error: unavailable (names the path).
[[nodiscard]] Status write_report(const std::string& directory, const Report& report);

[[nodiscard]] std::string html_of(const Report& report);
[[nodiscard]] std::string junit_of(const Report& report);
[[nodiscard]] std::string markdown_of(const Report& report);
[[nodiscard]] Json json_of(const Report& report);

}  // namespace cqrs
