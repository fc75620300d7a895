#include "cli/load/staleness_probe.h"

#include "core/base/json_tree.h"

#include <algorithm>

namespace cqrs::load {
namespace {

// A read that has not seen the effect by then enters the histogram at this value.
constexpr std::chrono::milliseconds kGiveUp{30'000};
// One request waits this long: a probe that is no longer wanted ends within it.
constexpr std::chrono::seconds kPatience{2};
// Between two probes, so that measuring does not become the load.
constexpr std::chrono::milliseconds kPause{10};

}  // namespace

StalenessProbe::StalenessProbe(const Endpoint& endpoint)
    : endpoint_(endpoint), thread_([this] { run(); }) {}

StalenessProbe::~StalenessProbe() { (void)finish(); }

void StalenessProbe::offer(const StreamKey& key, std::int64_t version, SteadyTime scheduled) {
  if (busy_.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    next_ = Sample{key, version, scheduled};
  }
  offered_.notify_one();
}

Histogram StalenessProbe::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  offered_.notify_one();
  if (thread_.joinable()) thread_.join();
  return histogram_;
}

void StalenessProbe::run() {
  for (;;) {
    Sample sample;
    {
      std::unique_lock lock(mutex_);
      offered_.wait(lock, [&] { return stopping_ || next_; });
      if (!next_) return;
      sample = *next_;
      next_.reset();
    }
    measure(sample);
    look_at_lag();
    std::unique_lock lock(mutex_);
    if (offered_.wait_for(lock, kPause, [&] { return stopping_.load(); })) return;
    busy_ = false;
  }
}

// The server answers a read with a token as soon as the views have it, so one request is the probe.
void StalenessProbe::measure(const Sample& sample) {
  const std::string target = "/v1/" + std::string(kind_name(sample.key.kind)) + "s/" +
                             to_string(sample.key.id) +
                             "?expand=none&wait=1s&min_version=" + std::to_string(sample.version);
  while (std::chrono::steady_clock::now() - sample.scheduled < kGiveUp && !stopping_) {
    auto answer = fetch(endpoint_, "GET", target, {}, kPatience);
    if (answer && answer->status == 200) break;
    // The system is away: that is not staleness. One that is only slow is asked again.
    if (!answer && answer.error().code != ErrorCode::kTimeout) return;
  }
  const auto took = std::chrono::steady_clock::now() - sample.scheduled;
  histogram_.record(std::min(std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
                             std::chrono::microseconds(kGiveUp).count()));
}

void StalenessProbe::look_at_lag() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_look_ < std::chrono::seconds(1)) return;
  last_look_ = now;
  p99_micros_ = histogram_.percentile(99);
  auto answer = fetch(endpoint_, "GET", "/v1/sync-status", {}, kPatience);
  if (!answer || answer->status != 200) return;
  const Json tree = Json::parse(answer->body, nullptr, false);
  if (!tree.is_object() || !tree.contains("lag")) return;
  lag_records_ = tree["lag"].value("records", std::int64_t{-1});
  lag_millis_ = static_cast<std::int64_t>(tree["lag"].value("seconds", 0.0) * 1e3);
}

}  // namespace cqrs::load
