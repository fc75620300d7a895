#include "services/relay/relay_role.h"

#include "core/base/clock.h"
#include "core/log/captured_publisher.h"
#include "core/log/relay.h"
#include "core/wiring/standard.h"

#include "services/chassis/cpu_time.h"
#include "services/chassis/head_follower.h"
#include "services/chassis/log.h"
#include "services/relay/sink_tender.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

// After an error, and how often a replica without the lease looks whether it is free.
constexpr std::chrono::milliseconds kRetry{200};
// How often the owner looks after slot and connector.
constexpr std::chrono::seconds kTend{1};

// With --relay cdc.
struct Capture {
  std::unique_ptr<EventLog> topics;
  std::unique_ptr<EventPublisher> own;
  std::unique_ptr<CaptureSlot> slot;
  std::unique_ptr<Connector> connector;
};

struct RelayStores {
  std::unique_ptr<History> record;
  std::unique_ptr<LeaseStore> leases;
  Capture capture;
  std::unique_ptr<EventPublisher> publisher;
  CapturedPublisher* captured = nullptr;  // the publisher, when events come by capture
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
    metrics.gauge("cqrs_relay_owner", "1 while this replica holds the lease",
                  [this] { return owns_.load() ? 1.0 : 0.0; });
    if (stores_.captured == nullptr) return;
    metrics.gauge("cqrs_cdc_healed_events",
                  "Events published from the record, because the slot lost them",
                  [this] { return static_cast<double>(healed_.load()); });
    metrics.gauge("cqrs_cdc_slots_made",
                  "Slots made by this replica, the first or in place of a lost one",
                  [this] { return static_cast<double>(slots_made_.load()); });
  }
  RelayRole(const RelayRole&) = delete;
  RelayRole& operator=(const RelayRole&) = delete;
  ~RelayRole() override { RelayRole::stop(); }

  // Also from now on; once.
  Status tend_sink(const StandardConfig& config) {
    auto connector = standard::open_sink(config, standard::Patience::kAskOnce);
    if (!connector) return connector.error();
    SinkTenderParts parts;
    parts.connector = std::move(*connector);
    parts.prepare = [config] { return standard::prepare_sink(config); };
    parts.owns = [this] { return owns_.load(); };
    sink_ = std::make_unique<SinkTender>(std::move(parts), metrics_);
    return {};
  }

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
    if (sink_) sink_->stop();
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
    for (const auto& event : events) {
      metrics_.observe_publish_age(std::chrono::microseconds(now - event.recorded_at.micros));
    }
  }

  void run() {
    CpuLap cpu;
    for (;;) {
      const auto started = Steady::now();
      tend(started);
      auto published = relay_.step(started);
      note_capture();
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

  // What keeps the connector from its work is told as long as it does.
  void tend(Steady::time_point now) {
    if (stores_.captured == nullptr || now < tend_at_) return;
    if (!relay_.owns()) {
      capture_problem_.clear();
      return;
    }
    tend_at_ = now + kTend;
    const auto tended = stores_.captured->tend(relay_.position());
    capture_problem_ = tended ? std::string() : tended.error().message;
  }

  // What the connector did not do.
  void note_capture() {
    if (stores_.captured == nullptr) return;
    const CaptureCounters& counters = stores_.captured->counters();
    if (counters.slots_made != slots_made_.load()) {
      log::warning("cdc_slot_made", {{"position", std::to_string(relay_.position())}});
    }
    if (counters.healed != healed_.load()) {
      log::warning("cdc_healed", {{"events", std::to_string(counters.healed - healed_.load())},
                                  {"position", std::to_string(relay_.position())}});
    }
    slots_made_.store(counters.slots_made);
    healed_.store(counters.healed);
  }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void note(const Result<std::size_t>& published) {
    const std::string problem = !capture_problem_.empty() ? capture_problem_
                                : published               ? std::string()
                                                          : published.error().message;
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
  std::atomic<std::uint64_t> healed_{0}, slots_made_{0};
  Steady::time_point tend_at_;
  std::string capture_problem_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string problem_;
  bool stopping_ = false;
  Position last_ = 0;
  HeadFollower head_;
  std::thread thread_;
  std::unique_ptr<SinkTender> sink_;
};

// Puts it before the publisher that is open already.
Status open_capture(const StandardConfig& config, RelayStores& stores) {
  auto topics = standard::open_topics(config);
  if (!topics) return topics.error();
  auto slot = standard::open_capture_slot(config);
  if (!slot) return slot.error();
  auto connector = standard::open_connector(config, standard::Patience::kAskOnce);
  if (!connector) return connector.error();
  Capture& capture = stores.capture;
  capture = {std::move(*topics), std::move(stores.publisher), std::move(*slot),
             std::move(*connector)};
  auto captured = std::make_unique<CapturedPublisher>(
      CaptureParts{*stores.record, *capture.topics, *capture.own, *stores.leases, *capture.slot,
                   *capture.connector},
      standard::kRelayLease);
  stores.captured = captured.get();
  stores.publisher = std::move(captured);
  return {};
}

}  // namespace

Result<std::unique_ptr<ServiceRole>> start_relay_role(const StandardConfig& config,
                                                      const std::string& owner, Metrics& metrics) {
  RelayStores stores;
  auto record = standard::open_history(config);
  if (!record) return record.error();
  stores.record = std::move(*record);
  auto leases = standard::open_leases(config);
  if (!leases) return leases.error();
  stores.leases = std::move(*leases);
  auto publisher = standard::open_publisher(config);
  if (!publisher) return publisher.error();
  stores.publisher = std::move(*publisher);
  if (config.relay == RelayKind::kCdc) CQRS_TRY(open_capture(config, stores));
  auto watch = standard::open_head_watch(config);
  if (!watch) return watch.error();
  auto role = std::make_unique<RelayRole>(std::move(stores), std::move(*watch), owner, metrics);
  if (config.sink != SinkKind::kNone) CQRS_TRY(role->tend_sink(config));
  return std::unique_ptr<ServiceRole>(std::move(role));
}

}  // namespace cqrs
