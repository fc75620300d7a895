#include "services/embedded.h"

#include "core/wiring/embedded.h"

#include "services/chassis/bench_routes.h"
#include "services/chassis/health.h"
#include "services/command/demo_data.h"
#include "services/command/http_commands.h"
#include "services/command/password_worker.h"
#include "services/projector/http_admin.h"
#include "services/query/http_queries.h"

namespace cqrs {
namespace {

constexpr std::chrono::seconds kDrain{30};

class System final : public EmbeddedSystem {
 public:
  explicit System(DataDir dir) : dir_(std::move(dir)) {}
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  ~System() override { shutdown(); }

  Status start(const http::ServerOptions& listen, const EmbeddedOptions& options) {
    auto lock = DataDirLock::acquire(dir_);
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    auto pepper = load_or_create_pepper(dir_);
    if (!pepper) return pepper.error();
    auto store = embedded::open_write_store(dir_);
    if (!store) return store.error();
    write_store_ = std::move(*store);
    CQRS_TRY(start_projection(options.rebuild_views));
    committer_ = std::make_unique<Committer>(*write_store_, clock_, metrics_,
                                             [this](Position head) { generations_->wake(head); });
    auto credentials = embedded::open_credentials(dir_);
    if (!credentials) return credentials.error();
    passwords_ = std::make_unique<PasswordWorker>(std::move(*credentials), *committer_, clock_,
                                                  options.password_hashing_share);
    queries_ = std::make_unique<QueryService>(
        [this](int generation) { return embedded::open_read_store(dir_, generation); },
        read_position_, [this] { return generations_->head(); }, metrics_);
    admin_ = std::make_unique<GenerationAdmin>([this] { return generations_; });
    add_routes({derive_keys(*pepper), options.allow_import});
    if (options.bench_routes) add_bench_routes(router_);
    if (options.demo_data) CQRS_TRY(publish_demo_logged(*committer_));
    auto server = http::start_server(listen, router_);
    if (!server) return server.error();
    server_ = std::move(*server);
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }

  // In the order of the data: no new requests, then what was accepted, then what it led to.
  void shutdown() override {
    // What it has not got to is found again at the next start; the drain needs the processor now.
    if (passwords_) passwords_->stop();
    if (server_) {
      // Waiting reads would hold the drain until their time-outs: they are answered with what there
      // is.
      queries_->stop_waiting();
      server_->shutdown(kDrain);
    }
    if (committer_) committer_->stop();
    if (queries_) queries_->stop();
    if (admin_) admin_->stop();
    if (generations_) generations_->stop();
    server_.reset();
  }

 private:
  Status start_projection(bool rebuild_views) {
    auto catalog = embedded::open_catalog(dir_, clock_.now());
    if (!catalog) return catalog.error();
    catalog_ = std::move(*catalog);
    GenerationStores stores;
    stores.open_history = [this] { return embedded::open_history(dir_); };
    stores.open_projection = [this](int generation) {
      return embedded::open_projection(dir_, generation);
    };
    stores.remove = [this](int generation) {
      return embedded::remove_generation(dir_, generation);
    };
    stores.remove_strays = [this](const std::vector<Generation>& known) {
      return embedded::remove_strays(dir_, known);
    };
    generations_ = std::make_shared<Generations>(*catalog_, std::move(stores), read_position_,
                                                 metrics_, clock_);
    return generations_->start(rebuild_views);
  }

  void add_routes(const CommandPolicy& policy) {
    const auto head = [this] { return generations_->head(); };
    add_command_routes(router_, *committer_, clock_, policy);
    add_query_routes(router_, *queries_, read_position_, head, clock_);
    admin_->add_routes(router_);
    add_health_routes(router_, metrics_, [this] { return stopped_projection(); });
    metrics_.gauge("cqrs_head_position", "Position of the last committed event",
                   [this] { return static_cast<double>(generations_->head()); });
    metrics_.gauge("cqrs_applied_position", "Position up to which the live views are complete",
                   [this] { return static_cast<double>(read_position_.get().applied); });
    metrics_.gauges("cqrs_wal_bytes",
                    "Size of a database's write-ahead log; a long reader lets it grow", "file",
                    [this] { return log_sizes(dir_); });
    metrics_.gauge("cqrs_commands_waiting", "Commands accepted and not yet committed",
                   [this] { return static_cast<double>(committer_->waiting()); });
    metrics_.stage_cpu(
        "http", [this] { return server_ ? server_->cpu_time() : std::chrono::nanoseconds(0); });
    metrics_.gauge("cqrs_credentials_pending", "Passwords still to be wrapped into argon2id",
                   [this] { return static_cast<double>(passwords_->pending()); });
    metrics_.gauge("cqrs_http_connections", "Open connections", [this] {
      return server_ ? static_cast<double>(server_->counters().connections_open) : 0.0;
    });
    metrics_.gauge(
        "cqrs_http_requests_in_flight", "Requests accepted and not yet answered",
        [this] { return server_ ? static_cast<double>(server_->counters().in_flight) : 0.0; });
  }

  // A projector that stopped leaves reads stale: not ready, with the reason.
  std::string stopped_projection() const {
    for (const auto& status : generations_->status()) {
      if (status.live && !status.problem.empty()) return "projector: " + status.problem;
    }
    return {};
  }

  DataDir dir_;
  SystemClock clock_;
  Metrics metrics_;
  ReadPosition read_position_;
  http::Router router_;
  std::unique_ptr<DataDirLock> lock_;
  std::unique_ptr<WriteStore> write_store_;
  std::unique_ptr<GenerationCatalog> catalog_;
  std::shared_ptr<Generations> generations_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<PasswordWorker> passwords_;
  std::unique_ptr<QueryService> queries_;
  std::unique_ptr<GenerationAdmin> admin_;
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<EmbeddedSystem>> start_embedded(const DataDir& dir,
                                                       const http::ServerOptions& server,
                                                       const EmbeddedOptions& options) {
  auto system = std::make_unique<System>(dir);
  CQRS_TRY(system->start(server, options));
  return std::unique_ptr<EmbeddedSystem>(std::move(system));
}

}  // namespace cqrs
