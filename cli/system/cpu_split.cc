#include "cli/system/cpu_split.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace cqrs {
namespace {

struct Part {
  const char* name;
  double seconds;
};

std::array<Part, 7> parts_of(const CpuReading& cost) {
  return {{{"client", cost.client},
           {"http", cost.http},
           {"decide", cost.decide},
           {"store", cost.store},
           {"project", cost.project},
           {"query", cost.query},
           {"other", cost.other()}}};
}

double micros_each(double seconds, std::uint64_t entities) {
  // Readings of several clocks do not meet to the nanosecond: a part is never less than nothing.
  return entities == 0 ? 0 : std::max(0.0, seconds) * 1e6 / static_cast<double>(entities);
}

double rounded(double value) { return std::round(value * 100) / 100; }

std::string one_decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

double own_cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

CpuReading combine(const CpuReading& a, const CpuReading& b, double sign) {
  return {
      a.client + sign * b.client, a.service + sign * b.service, a.http + sign * b.http,
      a.decide + sign * b.decide, a.store + sign * b.store,     a.project + sign * b.project,
      a.query + sign * b.query,   a.commits + sign * b.commits, a.committed + sign * b.committed};
}

}  // namespace

CpuReading operator-(const CpuReading& a, const CpuReading& b) { return combine(a, b, -1); }
CpuReading operator+(const CpuReading& a, const CpuReading& b) { return combine(a, b, 1); }

double metric_value(std::string_view text, std::string_view series) {
  const std::string start = std::string(series) + " ";
  for (auto at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    return std::strtod(std::string(text.substr(at + start.size(), 40)).c_str(), nullptr);
  }
  return 0;
}

namespace {

CpuReading reading_of(const std::string& text) {
  const auto stage = [&](const char* name) {
    return metric_value(text, std::string("cqrs_stage_cpu_seconds_total{stage=\"") + name + "\"}");
  };
  CpuReading reading;
  reading.service = metric_value(text, "process_cpu_seconds_total");
  reading.http = stage("http");
  reading.decide = stage("decide");
  reading.store = stage("store");
  reading.project = stage("project");
  reading.query = stage("query");
  reading.commits = metric_value(text, "cqrs_batch_size_count{stage=\"commit\"}");
  reading.committed = metric_value(text, "cqrs_batch_size_sum{stage=\"commit\"}");
  return reading;
}

}  // namespace

Result<CpuReading> read_cpu(const RunningSystem& system) {
  CpuReading sum;
  for (const auto& process : system.processes) {
    const auto endpoint = load::parse_endpoint(process.url);
    if (!endpoint) return endpoint.error();
    auto answer = load::fetch(*endpoint, "GET", "/metrics", {}, std::chrono::milliseconds(30'000));
    // Of several, one may have died meanwhile: what it did is not told.
    if (!answer && system.processes.size() == 1) return answer.error();
    if (answer) sum = sum + reading_of(answer->body);
  }
  sum.client = own_cpu_seconds();
  return sum;
}

Json cpu_split_json(const CpuReading& cost, std::uint64_t entities) {
  Json out = Json::object();
  for (const auto& part : parts_of(cost)) {
    out[part.name] = rounded(micros_each(part.seconds, entities));
  }
  out["total"] = rounded(micros_each(cost.total(), entities));
  return out;
}

std::string cpu_split_text(const CpuReading& cost, std::uint64_t entities) {
  std::string text;
  for (const auto& part : parts_of(cost)) {
    text += std::string(text.empty() ? "" : ", ") + part.name + " " +
            one_decimal(micros_each(part.seconds, entities));
  }
  return text + ": together " + one_decimal(micros_each(cost.total(), entities)) +
         " us of processor time per entity";
}

std::pair<std::string, double> largest_part(const CpuReading& cost, std::uint64_t entities) {
  const auto parts = parts_of(cost);
  const auto largest =
      std::max_element(parts.begin(), parts.end(),
                       [](const Part& a, const Part& b) { return a.seconds < b.seconds; });
  return {largest->name, micros_each(largest->seconds, entities)};
}

}  // namespace cqrs
