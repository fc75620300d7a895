#include "tests/unit/report/records.h"

#include "cli/report/hdr_file.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace cqrs::testing {
namespace {

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) { record_.seed = seed; }

  void identity(const std::string& title, const std::string& verdict, const std::string& headline) {
    record_.title = title;
    record_.verdict = verdict;
    record_.headline = headline;
    record_.exit_code = verdict == "pass" ? 0 : 1;
    record_.command_line = "cqrsctl load --scenario scenarios/" + title + ".json --seed 7";
    record_.started_at = "2026-11-28T10:00:00Z";
    record_.model = "open";
    record_.target = "http://127.0.0.1:8080";
    record_.profile = "standard";
    record_.scenario = {{"name", title}, {"phases", Json::array({{{"name", "warm"}}})}};
    record_.sections = {
        {"Host", {{"processors", "2 x Example CPU"}, {"load average at the end", "1.2"}}, {}, {}},
        {"Versions", {}, {"store", "version"}, {{"PostgreSQL", "15.8"}}}};
    record_.checks = {{"ledger", true, "0 of 30,000 acknowledged are lost", 1.25},
                      {"schedule", true, "99.98 % of the schedule (at least 99 %)", 0}};
    record_.caveats = {"client and system share this host"};
  }

  // One second: `rate` operations around `median_ms`, `slow` times as slow as usual.
  void second(double at, double rate, double median_ms, double slow, double failing = 0) {
    SecondRecord out;
    out.at = at;
    out.target = rate;
    out.sent = std::round(rate * (1 - 0.01 * noise()));
    out.errors = std::round(out.sent * failing);
    out.acknowledged = out.sent - out.errors;
    Histogram latency;
    Histogram staleness;
    const int samples = std::clamp(static_cast<int>(rate / 4), 1, 100);
    for (int i = 0; i < samples; ++i) {
      const double millis = median_ms * slow * std::exp(0.45 * normal_(random_));
      sample(latency, staleness, millis, at);
    }
    out.latency_p50 = millis_of(latency, 50);
    out.latency_p99 = millis_of(latency, 99);
    out.latency_max = millis_of(latency, 100);
    out.staleness_p50 = millis_of(staleness, 50);
    out.staleness_p99 = millis_of(staleness, 99);
    out.latency_hdr = hdr_text(latency, HdrDigits::kTwo);
    out.staleness_hdr = hdr_text(staleness, HdrDigits::kTwo);
    out.in_flight = std::round(rate * median_ms * slow / 1e3 + noise());
    out.lag_records = std::round(rate * 0.05 * slow * slow * noise());
    out.lag_seconds = 0.03 * slow * slow * noise();
    out.schedule_lag_p99 = 0.08 + 0.1 * noise();
    out.client_cpu = rate * 45e-6 + 0.01 * noise();
    out.system_cpu = rate * 380e-6 * (1 + 0.1 * noise());
    out.client_rss = 15e6 + 1e4 * noise();
    out.system_rss = 210e6 + at * 1e4;
    record_.seconds.push_back(std::move(out));
  }

  RunRecord finish() {
    for (const auto& second : record_.seconds) {
      record_.sent += static_cast<std::uint64_t>(second.sent);
      record_.rejected += static_cast<std::uint64_t>(second.errors);
      record_.intended += static_cast<std::uint64_t>(second.target);
    }
    record_.acknowledged = record_.sent - record_.rejected;
    record_.elapsed_s = static_cast<double>(record_.seconds.size());
    record_.intended_per_s = static_cast<double>(record_.intended) / record_.elapsed_s;
    record_.achieved_per_s = static_cast<double>(record_.sent) / record_.elapsed_s;
    record_.achieved_ratio =
        static_cast<double>(record_.sent) / static_cast<double>(record_.intended);
    record_.visible_after_s = 0.31;
    record_.lost = 0;
    record_.client_cpu_s = static_cast<double>(record_.sent) * 46e-6;
    record_.system_cpu_s = static_cast<double>(record_.sent) * 391e-6;
    record_.client_rss = 15'400'000;
    record_.system_rss = 214'000'000;
    operation("create_order", true, 0.7);
    operation("cancel_order", true, 0.1);
    operation("get_order", false, 0.2);
    record_.ledger = "";
    return std::move(record_);
  }

  RunRecord& record() { return record_; }
  double noise() { return uniform_(random_); }

 private:
  static double millis_of(const Histogram& histogram, double percent) {
    return static_cast<double>(histogram.percentile(percent)) / 1e3;
  }

  void sample(Histogram& latency, Histogram& staleness, double millis, double at) {
    const auto micros = [](double value) { return std::llround(value * 1e3); };
    latency.record(micros(millis));
    record_.service_time.record(micros(millis * 0.93));
    record_.schedule_lag.record(micros(0.02 + 0.1 * noise()));
    const bool measured =
        record_.phases.empty() || !record_.phases.front().warmup || at >= record_.phases.front().to;
    if (measured) record_.latency.record(micros(millis));
    if (noise() < 0.25) record_.query_latency.record(micros(millis * 0.4));
    const double publish = 2 + 3 * noise();
    const double apply = 6 + 14 * noise() + millis;
    const double visible = 1 + noise();
    staleness.record(micros(millis + publish + apply + visible));
    record_.staleness.record(micros(millis + publish + apply + visible));
    record_.hops["commit"].record(micros(millis));
    record_.hops["publish"].record(micros(publish));
    record_.hops["apply"].record(micros(apply));
    record_.hops["visible"].record(micros(visible));
  }

  void operation(const std::string& name, bool command, double share) {
    OperationRecord out;
    out.name = name;
    out.command = command;
    const auto part = [share](std::uint64_t all) {
      return static_cast<std::uint64_t>(static_cast<double>(all) * share);
    };
    out.sent = part(record_.sent);
    out.rejected = part(record_.rejected);
    out.indeterminate = part(record_.indeterminate);
    out.acknowledged = out.sent - out.rejected - out.indeterminate;
    out.latency = command ? record_.latency : record_.query_latency;
    out.service_time = record_.service_time;
    if (out.rejected > 0) {
      out.failures = {{"503 overloaded", out.rejected}, {"timeout", 1}};
      out.failure.record(1'900, out.rejected);
      out.failure.record(10'000'000);
    }
    record_.operations.push_back(std::move(out));
  }

  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0, 1};
  std::normal_distribution<double> normal_;
  RunRecord record_;
};

SloResult slo(const std::string& text, bool ok, double shown, const std::string& unit) {
  SloResult out;
  out.slo.text = text;
  out.slo.metric = text.substr(0, text.find(':'));
  out.ok = ok;
  out.observed = shown * 1e3;
  out.shown = shown;
  out.unit = unit;
  out.samples = 12'345;
  return out;
}

}  // namespace

RunRecord passing_run() {
  Maker maker(7);
  maker.identity("mixed-70-20-10", "pass",
                 "500 operations per second held for 80 s: every threshold was kept, nothing was "
                 "lost.");
  auto& record = maker.record();
  record.phases = {{"warm", 0, 10, true}, {"steady", 10, 60, false}, {"ramp", 60, 90, false}};
  record.warmup_s = 10;
  for (int i = 0; i < 90; ++i) {
    maker.second(i, i < 60 ? 500 : 500 + (i - 60) * 20, 2.1, i == 41 ? 6 : i < 10 ? 1.6 : 1);
  }
  record.slos = {slo("command.latency:p99<250ms", true, 6.1, "ms"),
                 slo("staleness:p99<1s", true, 31.4, "ms"), slo("ledger.lost==0", true, 0, "")};
  return maker.finish();
}

RunRecord failing_run() {
  Maker maker(11);
  maker.identity("outage-broker", "fail",
                 "1 acknowledged order was lost, and staleness was above 1 s while the broker was "
                 "frozen.");
  auto& record = maker.record();
  record.phases = {{"before", 0, 30, false}, {"outage", 30, 75, false}, {"after", 75, 120, false}};
  for (int i = 0; i < 120; ++i) {
    const bool frozen = i >= 35 && i < 55;
    const double slow = frozen ? 20 + (i - 35) : i >= 55 && i < 63 ? 10 - (i - 55) : 1;
    maker.second(i, 800, 3, slow, frozen ? 0.03 : i == 80 ? 0.2 : 0);
    auto& second = record.seconds.back();
    second.reads_ok = i == 80 || i == 81 ? 0.62 : 1;
    if (frozen) second.staleness_p50 = second.staleness_p99 = -1;
    if (frozen) second.staleness_hdr.clear();
    if (frozen) second.lag_records = 800.0 * (i - 34);
  }
  record.faults = {{35, 55, "freeze broker", "", 6.2},
                   {80, 0, "kill projector", "", -1},
                   {81.5, 0, "restart projector", "", 3.4},
                   {82, 84, "delay postgres 50 ms", "the proxy was asked twice", 0.8}};
  record.slos = {slo("command.latency:p99<250ms", true, 171, "ms"),
                 slo("staleness:p99<1s", false, 1'830, "ms"),
                 slo("errors{op=create_order}:rate<1%", true, 0.62, "%"),
                 slo("recovery.seconds:max<10s", false, 0, "")};
  record.slos.back().observed.reset();
  record.slos.back().samples = 0;
  record.checks[0] = {"ledger", false, "1 of 95,413 acknowledged is lost", 2.5};
  record.mismatches = Json::array({{{"kind", "lost"},
                                    {"aggregate", "order"},
                                    {"id", "018cc251-f400-7c17-936c-90b9c5993da3"},
                                    {"store", "read"},
                                    {"field", nullptr},
                                    {"expected", "version 1"},
                                    {"actual", nullptr},
                                    {"expected_version", 1},
                                    {"position", 81'230}}});
  record.indeterminate = 12;
  record.resolved = 10;
  RunRecord out = maker.finish();
  out.lost = 1;
  return out;
}

RunRecord closed_run() {
  Maker maker(3);
  maker.identity("closed-16", "pass", "16 clients got 4,100 answers per second.");
  auto& record = maker.record();
  record.model = "closed";
  record.profile = "embedded";
  record.phases = {{"load", 0, 30, false}};
  for (int i = 0; i < 30; ++i) {
    maker.second(i, 4'100, 3.8, 1);
    auto& second = record.seconds.back();
    second.target = 0;
    second.staleness_p50 = second.staleness_p99 = second.lag_records = second.lag_seconds = -1;
    second.schedule_lag_p99 = second.system_cpu = second.system_rss = -1;
    second.staleness_hdr.clear();
  }
  RunRecord out = maker.finish();
  out.staleness = out.schedule_lag = Histogram();
  out.hops.clear();
  out.intended = out.sent;
  out.lost = -1;
  out.visible_after_s = -1;
  out.system_cpu_s = 0;
  out.achieved_ratio = 1;
  return out;
}

RunRecord tiny_run() {
  Maker maker(5);
  maker.identity("smoke", "inconclusive", "2 outcomes are still unknown.");
  for (int i = 0; i < 3; ++i) maker.second(i, 20, 1.4, 1);
  maker.record().phases = {{"load", 0, 3, false}};
  maker.record().indeterminate = 2;
  return maker.finish();
}

RunRecord long_run() {
  Maker maker(13);
  maker.identity("soak", "pass", "2,000 operations per second for 3 h, memory flat.");
  auto& record = maker.record();
  record.phases = {{"warm", 0, 300, true}, {"soak", 300, 10'800, false}};
  record.warmup_s = 300;
  for (int i = 0; i < 10'800; ++i) maker.second(i, 2'000, 2.4, i == 6'000 ? 90 : 1);
  return maker.finish();
}

RunRecord empty_run() {
  Maker maker(1);
  maker.identity("smoke", "invalid", "Nothing was sent.");
  return std::move(maker.record());
}

}  // namespace cqrs::testing
