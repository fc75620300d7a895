#include "cli/report/page.h"
#include "cli/report/report.h"

#include <array>
#include <cstdio>

namespace cqrs {
namespace {

std::string seconds(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

}  // namespace

std::string html_of(const Report& report) {
  std::string out = page_head(report.title + ": " + report.verdict) + "<main>";
  out += "<h1>" + escaped(report.title) + "</h1>" + verdict_badge(report.verdict);
  out += "<p class=\"headline\">" + escaped(report.headline) + "</p>";
  out += "<p class=\"soft\">" + escaped(report.started_at) + ", " + seconds(report.elapsed_s) +
         " s<br><code>" + escaped(report.command_line) + "</code></p>\n";
  out += checks_section(report.checks);
  for (const auto& section : report.sections) out += section_of(section);
  return out + caveats_section(report.caveats) + "</main>" + page_end();
}

std::string junit_of(const Report& report) {
  std::size_t failures = 0;
  std::string cases;
  for (const auto& check : report.checks) {
    cases += "    <testcase classname=\"cqrsctl\" name=\"" + escaped(check.name) + "\" time=\"" +
             seconds(check.seconds) + "\"";
    if (check.ok) {
      cases += "/>\n";
      continue;
    }
    ++failures;
    cases += "><failure message=\"" + escaped(check.detail) + "\"/></testcase>\n";
  }
  const std::string counts = "tests=\"" + std::to_string(report.checks.size()) + "\" failures=\"" +
                             std::to_string(failures) + "\" time=\"" + seconds(report.elapsed_s) +
                             "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
         ">\n  <testsuite name=\"" + escaped(report.title) + "\" " + counts + ">\n" + cases +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace cqrs
