#include "cli/report/report.h"

#include "core/wiring/data_dir.h"

#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace cqrs {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

}  // namespace

ReportSection host_section() {
  utsname names{};
  ::uname(&names);
  const std::string load = first_line("/proc/loadavg");
  return {
      "Host",
      {{"processors", std::to_string(std::thread::hardware_concurrency()) + " x " + processor()},
       {"kernel", std::string(names.sysname) + " " + names.release},
       {"load average at the end",
        load.substr(0, load.find(' ', load.find(' ', load.find(' ') + 1) + 1))},
       {"cqrsctl", CQRS_VERSION}},
      {},
      {}};
}

Json json_of(const Report& report) {
  Json checks = Json::array();
  for (const auto& check : report.checks) {
    checks.push_back({{"name", check.name},
                      {"ok", check.ok},
                      {"detail", check.detail},
                      {"seconds", check.seconds}});
  }
  return {{"schema", "cqrsctl.report/1"},        {"title", report.title},
          {"verdict", report.verdict},           {"headline", report.headline},
          {"command_line", report.command_line}, {"started_at", report.started_at},
          {"elapsed_s", report.elapsed_s},       {"checks", std::move(checks)},
          {"caveats", report.caveats},           {"results", report.data}};
}

std::string markdown_of(const Report& report) {
  std::string out = "# " + report.title + ": " + report.verdict + "\n\n" + report.headline + "\n\n";
  out += "| check | result | observed |\n|---|---|---|\n";
  for (const auto& check : report.checks) {
    out += "| " + cell(check.name) + " | " + (check.ok ? "ok" : "**failed**") + " | " +
           cell(check.detail) + " |\n";
  }
  for (const auto& section : report.sections) {
    out += "\n## " + section.title + "\n";
    for (const auto& [name, value] : section.facts) out += "- " + name + ": " + value + "\n";
  }
  return out;
}

Status write_report(const std::string& directory, const Report& report) {
  CQRS_TRY(create_directory(directory));
  CQRS_TRY(write_file(directory + "/report.html", html_of(report)));
  CQRS_TRY(write_file(directory + "/report.json", json_of(report).dump(2) + "\n"));
  CQRS_TRY(write_file(directory + "/junit.xml", junit_of(report)));
  return write_file(directory + "/summary.md", markdown_of(report));
}

}  // namespace cqrs
