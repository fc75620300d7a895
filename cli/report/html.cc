#include "cli/report/report.h"

#include <array>
#include <cstdio>

namespace cqrs {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      // XML 1.0 has no other control characters.
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --ink: #1a1f2b; --soft: #5b6475; --line: #d9dee7; --page: #f6f7f9;
  --card: #fff; --good: #13733c; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa4b5; --line: #313846;
  --page: #12151b; --card: #1b2029; --good: #5bd38a; --bad: #ff8a80; --warn: #ffc266; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600;
  border: 1.5px solid currentColor; text-transform: uppercase; letter-spacing: .04em; font-size: .85rem; }
.pass { color: var(--good); } .fail { color: var(--bad); } .inconclusive, .invalid { color: var(--warn); }
.headline { font-size: 1.1rem; margin: .75rem 0; } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1.1rem; margin-top: 1rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 500; } tr:last-child > * { border-bottom: 0; }
td { overflow-wrap: anywhere; } .facts th { width: 9rem; } .checks td:first-child { min-width: 8rem; }
code { font: 13px ui-monospace, "SF Mono", Menlo, monospace;
  overflow-wrap: anywhere; } .mark { font-weight: 600; white-space: nowrap; }
)css";

void append_checks(std::string& out, const std::vector<ReportCheck>& checks) {
  out +=
      "<section><h2>Checks</h2><table "
      "class=\"checks\"><tr><th>check</th><th>result</th><th>observed</th></tr>";
  for (const auto& check : checks) {
    out += "<tr><td>" + escaped(check.name) + "</td><td class=\"mark " +
           (check.ok ? "pass\">&#10003; ok" : "fail\">&#10007; failed") + "</td><td>" +
           escaped(check.detail) + "</td></tr>";
  }
  out += "</table></section>\n";
}

void append_section(std::string& out, const ReportSection& section) {
  out += "<section><h2>" + escaped(section.title) + "</h2>";
  if (!section.facts.empty()) {
    out += "<table class=\"facts\">";
    for (const auto& [name, value] : section.facts) {
      out += "<tr><th>" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>";
    }
    out += "</table>";
  }
  if (!section.columns.empty()) {
    out += "<table><tr>";
    for (const auto& column : section.columns) out += "<th>" + escaped(column) + "</th>";
    out += "</tr>";
    for (const auto& row : section.rows) {
      out += "<tr>";
      for (const auto& value : row) out += "<td>" + escaped(value) + "</td>";
      out += "</tr>";
    }
    out += "</table>";
  }
  out += "</section>\n";
}

std::string seconds(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

}  // namespace

std::string html_of(const Report& report) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
  out += "<title>" + escaped(report.title) + ": " + escaped(report.verdict) + "</title>";
  out += "<style>" + std::string(kStyle) + "</style></head><body><main>";
  out += "<h1>" + escaped(report.title) + "</h1><span class=\"verdict " + escaped(report.verdict) +
         "\">" + escaped(report.verdict) + "</span>";
  out += "<p class=\"headline\">" + escaped(report.headline) + "</p>";
  out += "<p class=\"soft\">" + escaped(report.started_at) + ", " + seconds(report.elapsed_s) +
         " s<br><code>" + escaped(report.command_line) + "</code></p>\n";
  append_checks(out, report.checks);
  for (const auto& section : report.sections) append_section(out, section);
  if (!report.caveats.empty()) {
    out += "<section><h2>Caveats</h2><ul>";
    for (const auto& caveat : report.caveats) out += "<li>" + escaped(caveat) + "</li>";
    out += "</ul></section>\n";
  }
  return out + "</main></body></html>\n";
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
