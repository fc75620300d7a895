// The load client alone, without what the engine adds: how fast it is, what it costs, and how
// punctual. Prints one JSON object.
//
//   bench_wire URL closed CONNECTIONS DEPTH SECONDS      whenever there is room
//   bench_wire URL open CONNECTIONS RATE SECONDS         on demand, evenly spaced
#include "core/workload/histogram.h"

#include "cli/load/pipeline_client.h"

#include <cstdlib>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace cqrs::load {
namespace {

constexpr std::string_view kBody =
    R"({"id":"018cc251-f400-7c17-936c-90b9c5993da3","email":"8d1f6a0c2b3e4f57.12345@example.com",)"
    R"("name":"Grace Lamport"})";

std::int64_t micros(std::chrono::nanoseconds time) { return time / std::chrono::microseconds(1); }

class Measure {
 public:
  Measure(bool open, double rate, double seconds, std::string request)
      : schedule_(open ? Schedule(begin_, rate) : Schedule()),
        end_(begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9))),
        request_(std::move(request)) {}

  ClientCallbacks callbacks() {
    ClientCallbacks callbacks;
    callbacks.next = [this](Prepared& request) {
      const SteadyTime now = std::chrono::steady_clock::now();
      const SteadyTime due = schedule_.due_at(sent_, now);
      if (due > now || due >= end_) return false;
      request.tag = sent_++;
      request.bytes.assign(request_);
      request.scheduled = due;
      return true;
    };
    callbacks.done = [this](const Answer& answer) {
      if (answer.transport != Transport::kAnswered || answer.status >= 300) {
        ++failed_;
        return;
      }
      latency_.record(micros(answer.completed - answer.scheduled));
      lag_.record(micros(answer.sent - answer.scheduled));
      last_ = answer.completed;
    };
    callbacks.idle = [this] {
      const SteadyTime now = std::chrono::steady_clock::now();
      return schedule_.open() ? schedule_.due_at(sent_, now) < end_ : now < end_;
    };
    callbacks.due = [this] {
      return schedule_.open() ? schedule_.due_at(sent_, end_) : SteadyTime::max();
    };
    return callbacks;
  }

  void print() const {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto time = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    const double cpu = time(usage.ru_utime) + time(usage.ru_stime);
    const double seconds = std::chrono::duration<double>(last_ - begin_).count();
    const auto answered = static_cast<double>(latency_.count());
    const auto percentiles = [](const Histogram& histogram) {
      std::string text = "{";
      for (const auto& [name, percent] :
           {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p95", 95.0}, {"p99", 99.0}, {"p999", 99.9}}) {
        text += std::string("\"") + name +
                "\":" + std::to_string(static_cast<double>(histogram.percentile(percent)) / 1e3) +
                ",";
      }
      return text + "\"max\":" + std::to_string(static_cast<double>(histogram.max()) / 1e3) + "}";
    };
    std::cout << "{\"sent\":" << sent_ << ",\"answered\":" << latency_.count()
              << ",\"failed\":" << failed_ << ",\"per_s\":" << answered / seconds
              << ",\"cpu_us_per_request\":" << cpu / answered
              << ",\"rss_bytes\":" << usage.ru_maxrss * 1024
              << ",\"latency_ms\":" << percentiles(latency_)
              << ",\"schedule_lag_ms\":" << percentiles(lag_) << "}\n";
  }

 private:
  const SteadyTime begin_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  const Schedule schedule_;
  const SteadyTime end_;
  const std::string request_;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
  Histogram latency_;
  Histogram lag_;
  SteadyTime last_ = begin_;
};

int run(const std::vector<std::string>& words) {
  const auto endpoint = parse_endpoint(words[0]);
  const bool open = words[1] == "open";
  if (!endpoint.ok() || (!open && words[1] != "closed")) return 2;
  ClientOptions options;
  options.endpoint = *endpoint;
  options.tls.insecure = true;
  options.connections = std::stoul(words[2]);
  options.on_demand = open;
  options.depth = open ? 1 : std::stoul(words[3]);
  std::string request = "POST /v1/users HTTP/1.1\r\nHost: " + authority(*endpoint) +
                        "\r\nContent-Type: application/json\r\nIdempotency-Key: "
                        "0123456789abcdef0123456789abcdef\r\nContent-Length: " +
                        std::to_string(kBody.size()) + "\r\n\r\n" + std::string(kBody);
  Measure measure(open, std::stod(words[3]), std::stod(words[4]), std::move(request));
  const std::atomic<bool> never{false};
  if (const Status status = run_client(options, measure.callbacks(), never); !status.ok()) {
    std::cerr << status.error().message << "\n";
    return 3;
  }
  measure.print();
  return 0;
}

}  // namespace
}  // namespace cqrs::load

int main(int count, char** words) {
  if (count != 6) {
    std::cerr << "usage: bench_wire URL closed CONNECTIONS DEPTH SECONDS\n"
                 "       bench_wire URL open CONNECTIONS RATE SECONDS\n";
    return 2;
  }
  return cqrs::load::run({words + 1, words + count});
}
