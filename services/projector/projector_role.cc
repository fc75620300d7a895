#include "services/projector/projector_role.h"

#include "core/wiring/standard.h"

#include "services/chassis/head_follower.h"
#include "services/chassis/log.h"
#include "services/projector/cache_ticks.h"
#include "services/projector/commit_thread.h"
#include "services/projector/http_admin.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTtl{5'000};
constexpr std::chrono::milliseconds kRetry{200};
// Clocks of two machines do not run exactly alike.
constexpr std::chrono::milliseconds kMargin{500};
// Readers in other processes look which generation is live more often than this, and no read takes
// half as long: after it nobody reads the former one any more.
constexpr std::chrono::milliseconds kReadersGone{1'500};

class ProjectorRole final : public ServiceRole {
 public:
  ProjectorRole(const StandardConfig& config, std::string owner, bool rebuild_views,
                std::unique_ptr<LeaseStore> leases, std::unique_ptr<GenerationCatalog> catalog,
                std::unique_ptr<HeadWatch> watch, http::Router& router, Metrics& metrics,
                const Clock& clock)
      : config_(config),
        owner_(std::move(owner)),
        rebuild_views_(rebuild_views),
        leases_(std::move(leases)),
        catalog_(std::move(catalog)),
        metrics_(metrics),
        clock_(clock),
        admin_([this] { return current(); }),
        head_(std::move(watch),
              [this](Position head) {
                if (const auto working = current()) working->wake(head);
              }),
        thread_([this] { run(); }) {
    admin_.add_routes(router);
    metrics.gauge("cqrs_head_position", "Position of the last committed event",
                  [this] { return static_cast<double>(head_.head()); });
    metrics.gauge("cqrs_applied_position", "Position up to which the live views are complete",
                  [this] { return static_cast<double>(position_.get().applied); });
    metrics.gauge("cqrs_projector_owner", "1 while this replica holds the lease",
                  [this] { return current() ? 1.0 : 0.0; });
  }
  ProjectorRole(const ProjectorRole&) = delete;
  ProjectorRole& operator=(const ProjectorRole&) = delete;
  ~ProjectorRole() override { ProjectorRole::stop(); }

  std::string not_ready() const override {
    const auto working = current();
    if (!working) {
      const std::lock_guard lock(mutex_);
      return problem_.empty() ? "projector: another replica has the lease" : problem_;
    }
    for (const auto& status : working->status()) {
      if (status.live && !status.problem.empty()) return "projector: " + status.problem;
    }
    return {};
  }

  void stop() override {
    admin_.stop();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    head_.stop();
  }

 private:
  std::shared_ptr<Generations> current() const {
    const std::lock_guard lock(mutex_);
    return working_;
  }

  void run() {
    while (!wait(kRetry)) {
      const auto asked = Steady::now();
      auto epoch = leases_->acquire(standard::kProjectorLease, owner_, kTtl);
      if (!epoch || !*epoch) {
        note(epoch ? std::string() : "projector: " + epoch.error().message);
        continue;
      }
      owned_until_ = asked + kTtl - kMargin;
      auto started = start();
      if (started) keep(**epoch);
      end();
      // Before the lease goes: no guard of the cache is begun any more.
      owned_until_ = Steady::time_point{};
      cache_ticks_.settle();
      (void)leases_->release(standard::kProjectorLease, **epoch);
      note(started ? std::string() : "projector: " + started.error().message);
    }
  }

  Status start() {
    log::info("projector_owner");
    GenerationStores stores;
    stores.open_history = [this] { return standard::open_history(config_); };
    stores.open_log = [this](int) { return standard::open_log(config_); };
    stores.open_projection = [this](int generation) { return open_projection(generation); };
    // The servers work while we do.
    stores.open_lane = [] { return std::make_unique<CommitThread>(); };
    stores.remove = [this](int generation) {
      return standard::remove_generation(config_, generation);
    };
    stores.remove_strays = [this](const std::vector<Generation>& known) {
      return standard::remove_strays(config_, known);
    };
    stores.wait_for_readers = [this](int) {
      (void)wait(kReadersGone);
      return true;
    };
    auto fresh =
        std::make_shared<Generations>(*catalog_, std::move(stores), position_, metrics_, clock_);
    CQRS_TRY(fresh->start(rebuild_views_));
    rebuild_views_ = false;
    {
      const std::lock_guard lock(mutex_);
      working_ = fresh;
    }
    fresh->wake(head_.head());
    return {};
  }

  Result<std::unique_ptr<ProjectionStore>> open_projection(int generation) {
    if (config_.cache == CacheKind::kNone) return standard::open_projection(config_, generation);
    auto store = standard::open_announcing_projection(config_, generation,
                                                      [this] { return owned_until_.load(); });
    if (!store) return store.error();
    return cache_ticks_.ticking(std::move(*store));
  }

  // Until somebody else has the lease, or the end. A store that cannot be reached lets nobody else
  // take it, so the work goes on meanwhile; what counts is the epoch in the views. With a cache,
  // whose guard no epoch protects, it pauses when the lease may have run out.
  void keep(std::int64_t epoch) {
    while (!wait(kTtl / 3)) {
      if (superseded()) return;
      const auto asked = Steady::now();
      auto renewed = leases_->renew(standard::kProjectorLease, epoch, kTtl);
      if (renewed) owned_until_ = asked + kTtl - kMargin;
      if (renewed || renewed.error().code != ErrorCode::kVersionConflict) continue;
      log::warning("projector_lease_lost");
      return;
    }
  }

  // Another owner began in the views themselves, or they were emptied: whoever has the lease next
  // begins anew, at what is there then.
  bool superseded() const {
    const auto working = current();
    const auto statuses = working ? working->status() : std::vector<GenerationStatus>();
    for (const auto& status : statuses) {
      if (!status.live || !status.superseded) continue;
      log::warning("projector_begins_anew", {{"reason", status.problem}});
      return true;
    }
    return false;
  }

  // Nobody uses it any more when its threads are stopped.
  void end() {
    std::shared_ptr<Generations> ended;
    {
      const std::lock_guard lock(mutex_);
      ended = std::move(working_);
      working_.reset();
    }
    if (ended) ended->stop();
  }

  void note(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    if (problem != problem_ && !problem.empty()) {
      log::error("projector_waits", {{"reason", problem}});
    }
    problem_ = problem;
  }

  // True: it is time to end.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, time, [this] { return stopping_; });
  }

  const StandardConfig& config_;
  std::string owner_;
  bool rebuild_views_;
  std::unique_ptr<LeaseStore> leases_;
  std::unique_ptr<GenerationCatalog> catalog_;
  Metrics& metrics_;
  const Clock& clock_;
  ReadPosition position_;
  std::atomic<Steady::time_point> owned_until_{Steady::time_point{}};
  CacheTicks cache_ticks_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<Generations> working_;
  std::string problem_;
  bool stopping_ = false;
  GenerationAdmin admin_;
  HeadFollower head_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ServiceRole>> start_projector_role(const StandardConfig& config,
                                                          const std::string& owner,
                                                          bool rebuild_views, http::Router& router,
                                                          Metrics& metrics, const Clock& clock) {
  auto leases = standard::open_leases(config);
  if (!leases) return leases.error();
  auto catalog = standard::open_catalog(config, clock.now());
  if (!catalog) return catalog.error();
  auto watch = standard::open_head_watch(config);
  if (!watch) return watch.error();
  return std::unique_ptr<ServiceRole>(std::make_unique<ProjectorRole>(
      config, owner, rebuild_views, std::move(*leases), std::move(*catalog), std::move(*watch),
      router, metrics, clock));
}

}  // namespace cqrs
