#include "services/relay/relay_role.h"

#include "core/base/clock.h"
#include "core/log/relay.h"
#include "core/wiring/standard.h"
#include "core/workload/histogram.h"

#include "services/chassis/cpu_time.h"
#include "services/chassis/head_follower.h"
#include "services/chassis/log.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// After an error, and how often a replica without the lease looks whether it is free.
constexpr std::chrono::milliseconds kRetry{200};

struct RelayStores {
  std::unique_ptr<History> record;
  std::unique_ptr<EventPublisher> publisher;
  std::unique_ptr<LeaseStore> leases;
};

class RelayRole final : public ServiceRole {
 public:
  RelayRole(RelayStores stores, std::unique_ptr<HeadWatch> watch, const std::string& owner,
            Metrics& metrics)
      : stores_(std::move(stores)),
        relay_(*stores_.record, *stores_.publisher, *stores_.leases, options_for(owner)),
        metrics_(metrics),
        head_(std::move(watch), [this](Position) { wake_.notify_one(); }),
        thread_([this] { run(); }) {
    metrics.gauge("cqrs_head_position", "Position of the last committed event",
                  [this] { return static_cast<double>(head_.head()); });
    metrics.gauge("cqrs_published_position", "Position up to which the topics are complete",
                  [this] { return static_cast<double>(published_.load()); });
    metrics.gauges("cqrs_publish_age_seconds",
                   "From the decision of a command to its event's being durable in the topics, "
                   "since this process started",
                   "quantile", [this] { return age_quantiles(); });
    metrics.gauge("cqrs_relay_owner", "1 while this replica holds the lease",
                  [this] { return owns_.load() ? 1.0 : 0.0; });
  }
  RelayRole(const RelayRole&) = delete;
  RelayRole& operator=(const RelayRole&) = delete;
  ~RelayRole() override { RelayRole::stop(); }

  std::string not_ready() const override {
    const std::lock_guard lock(mutex_);
    return problem_;
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      // What is committed by now is published before the end, unless the log is away; what comes
      // later is another's.
      if (!stopping_) last_ = head_.head();
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    head_.stop();
  }

 private:
  RelayOptions options_for(const std::string& owner) {
    RelayOptions options;
    options.lease = standard::kRelayLease;
    options.owner = owner;
    options.on_published = [this](std::span<const Event> events) { note_ages(events); };
    return options;
  }

  void note_ages(std::span<const Event> events) {
    const std::int64_t now = SystemClock().now().micros;
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) ages_.record(now - event.recorded_at.micros);
  }

  std::map<std::string, double> age_quantiles() const {
    const std::lock_guard lock(mutex_);
    const auto seconds = [&](double percent) {
      return static_cast<double>(ages_.percentile(percent)) / 1e6;
    };
    return {{"0.5", seconds(50)}, {"0.99", seconds(99)}, {"1", seconds(100)}};
  }

  void run() {
    CpuLap cpu;
    for (;;) {
      const auto started = Steady::now();
      auto published = relay_.step(started);
      const bool worked = published && *published > 0;
      if (worked) {
        metrics_.observe_stage("publish", Steady::now() - started);
        metrics_.observe_batch("publish", *published);
        metrics_.add_stage_cpu("relay", cpu.lap());
      }
      note(published);
      if (stopping() && (!worked || relay_.position() >= last_)) break;
      if (!worked) wait(published.ok());
    }
    relay_.stop();
  }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void note(const Result<std::size_t>& published) {
    const std::string problem = published ? std::string() : published.error().message;
    const std::lock_guard lock(mutex_);
    if (problem != problem_) {
      if (problem.empty()) {
        log::info("relay_works", {{"position", std::to_string(relay_.position())}});
      } else {
        log::error("relay_stopped", {{"reason", problem}});
      }
    }
    if (relay_.owns() != owns_.load()) {
      log::info(relay_.owns() ? "relay_owner" : "relay_waits",
                {{"position", std::to_string(relay_.position())}});
    }
    problem_ = problem;
    owns_.store(relay_.owns());
    published_.store(relay_.position());
  }

  // Until something was committed, the lease has to be renewed, or another try is due.
  void wait(bool healthy) {
    std::unique_lock lock(mutex_);
    auto until = Steady::now() + kRetry;
    if (healthy && relay_.owns()) until = std::min(until, relay_.renew_at());
    wake_.wait_until(lock, until, [&] {
      return stopping_ || (healthy && relay_.owns() && head_.head() > relay_.position());
    });
  }

  RelayStores stores_;
  Relay relay_;
  Metrics& metrics_;
  std::atomic<Position> published_{0};
  std::atomic<bool> owns_{false};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string problem_;
  Histogram ages_;  // of events, in microseconds
  bool stopping_ = false;
  Position last_ = 0;
  HeadFollower head_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ServiceRole>> start_relay_role(const StandardConfig& config,
                                                      const std::string& owner, Metrics& metrics) {
  RelayStores stores;
  auto record = standard::open_history(config);
  if (!record) return record.error();
  stores.record = std::move(*record);
  auto publisher = standard::open_publisher(config);
  if (!publisher) return publisher.error();
  stores.publisher = std::move(*publisher);
  auto leases = standard::open_leases(config);
  if (!leases) return leases.error();
  stores.leases = std::move(*leases);
  auto watch = standard::open_head_watch(config);
  if (!watch) return watch.error();
  return std::unique_ptr<ServiceRole>(
      std::make_unique<RelayRole>(std::move(stores), std::move(*watch), owner, metrics));
}

}  // namespace cqrs
