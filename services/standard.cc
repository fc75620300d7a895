#include "services/standard.h"

#include "services/chassis/bench_routes.h"
#include "services/chassis/health.h"
#include "services/chassis/log.h"
#include "services/chassis/role.h"
#include "services/chassis/rpc_client.h"
#include "services/chassis/rpc_server.h"
#include "services/command/command_role.h"
#include "services/gateway/gateway.h"
#include "services/projector/projector_role.h"
#include "services/query/query_role.h"
#include "services/relay/relay_role.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::chrono::seconds kDrain{30};
// How often the gateway is told whether this process should get requests.
constexpr std::chrono::milliseconds kTell{100};
// Longer than the 30 s that a read may ask to wait: its own answer tells how far the views are.
constexpr std::chrono::seconds kCallDeadline{40};
constexpr std::array<std::string_view, 5> kRoles{"gateway", "command", "relay", "projector",
                                                 "query"};

bool has(const StandardOptions& options, std::string_view role) {
  return std::find(options.roles.begin(), options.roles.end(), role) != options.roles.end();
}

// Tells replicas apart in leases and logs.
std::string replica_name(const std::string& role) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return role + "@" + host.data() + ":" + std::to_string(::getpid());
}

class Process final : public StandardProcess {
 public:
  explicit Process(const StandardOptions& options) : options_(options) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() override { shutdown(); }

  Status start() {
    CQRS_TRY(start_roles());
    const bool gateway = has(options_, "gateway");
    if (options_.bench_routes) add_bench_routes(gateway ? front_ : inner_);
    if (gateway) CQRS_TRY(start_gateway());
    add_health_routes(front_, metrics_, [this] { return not_ready(); });
    if (!roles_.empty()) CQRS_TRY(start_rpc());
    auto server = http::start_server(options_.listen, front_);
    if (!server) return server.error();
    server_ = std::move(*server);
    serving_ = server_.get();
    metrics_.stage_cpu("http", [this] {
      auto* server_now = serving_.load();
      return server_now != nullptr ? server_now->cpu_time() : std::chrono::nanoseconds(0);
    });
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }
  std::uint16_t rpc_port() const override { return rpc_ ? rpc_->port() : std::uint16_t{0}; }

  // In the order of the data: no new requests, then what was accepted, then what it led to.
  void shutdown() override {
    stop_telling();
    for (auto& role : roles_) role->stop_waiting();
    if (server_) server_->shutdown(kDrain);
    if (rpc_) rpc_->shutdown(kDrain);
    for (auto& role : roles_) role->stop();
    serving_ = nullptr;
    server_.reset();
    rpc_.reset();
  }

 private:
  using Started = Result<std::unique_ptr<ServiceRole>>;

  Status start_roles() {
    for (const std::string& name : options_.roles) {
      if (name == "gateway") continue;
      auto role = start_role(name);
      if (!role) return role.error();
      roles_.push_back(std::move(*role));
    }
    return {};
  }

  Started start_role(const std::string& name) {
    const StandardConfig& config = options_.config;
    if (name == "command") {
      auto pepper = load_or_create_pepper({options_.data_dir});
      if (!pepper) return pepper.error();
      return start_command_role(config,
                                {std::move(*pepper), options_.demo_data, options_.allow_import,
                                 options_.password_hashing_share},
                                inner_, metrics_, clock_);
    }
    if (name == "relay") return start_relay_role(config, replica_name(name), metrics_);
    if (name == "query") return start_query_role(config, inner_, metrics_, clock_);
    return start_projector_role(config, replica_name(name), options_.rebuild_views, inner_,
                                metrics_, clock_);
  }

  // Roles of this very process are reached like those of others: over their address.
  Status start_gateway() {
    auto thread = start_rpc_thread();
    const auto peer = [&](const char* role, const std::string& addresses,
                          std::unique_ptr<RpcPeer>& into) -> Status {
      RpcPeerOptions options;
      options.role = role;
      options.addresses = addresses;
      options.thread = thread;
      options.deadline = kCallDeadline;
      auto started = start_rpc_peer(options);
      if (!started) return started.error();
      into = std::move(*started);
      return {};
    };
    CQRS_TRY(peer("command", options_.command_peers, command_));
    CQRS_TRY(peer("query", options_.query_peers, query_));
    CQRS_TRY(peer("projector", options_.projector_peers, projector_));
    add_gateway_routes(front_, {*command_, *query_, *projector_});
    return {};
  }

  Status start_rpc() {
    RpcServerOptions options;
    options.address = options_.rpc.address;
    options.port = options_.rpc.port;
    auto rpc = start_rpc_server(options, inner_);
    if (!rpc) return rpc.error();
    rpc_ = std::move(*rpc);
    metrics_.stage_cpu("rpc", [this] { return rpc_->cpu_time(); });
    teller_ = std::thread([this] { tell(); });
    return {};
  }

  std::string not_ready() const {
    for (const auto& role : roles_) {
      if (auto reason = role->not_ready(); !reason.empty()) return reason;
    }
    return {};
  }

  void tell() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      rpc_->set_serving(not_ready().empty());
      lock.lock();
      wake_.wait_for(lock, kTell, [this] { return stopping_; });
    }
  }

  void stop_telling() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (teller_.joinable()) teller_.join();
  }

  StandardOptions options_;
  SystemClock clock_;
  Metrics metrics_;
  // What this process answers itself over HTTP, and what it answers the gateway: each router is
  // used by one thread, because handlers run one at a time.
  http::Router front_, inner_;
  std::vector<std::unique_ptr<ServiceRole>> roles_;
  std::unique_ptr<RpcPeer> command_, query_, projector_;
  std::unique_ptr<RpcServer> rpc_;
  std::unique_ptr<http::HttpServer> server_;
  std::atomic<http::HttpServer*> serving_{nullptr};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread teller_;
};

}  // namespace

Status check(const StandardOptions& options) {
  CQRS_TRY(check(options.config));
  if (options.roles.empty()) return invalid("--roles", "--roles names no role");
  for (const auto& role : options.roles) {
    if (std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end()) continue;
    return invalid("--roles", "--roles: \"" + role.substr(0, 64) +
                                  "\" is none of gateway, command, relay, projector, query");
  }
  if (has(options, "command") && options.data_dir.empty()) {
    return invalid("--data-dir",
                   "--data-dir is missing: the command role keeps the server's secret there");
  }
  if (!has(options, "gateway")) return {};
  for (const auto& [peers, option] : {std::pair(&options.command_peers, "--command-peers"),
                                      std::pair(&options.query_peers, "--query-peers"),
                                      std::pair(&options.projector_peers, "--projector-peers")}) {
    if (peers->empty()) {
      return invalid(option, std::string(option) +
                                 " is missing: the gateway must know where that role is, as "
                                 "HOST:PORT[,HOST:PORT]");
    }
  }
  return {};
}

Result<std::unique_ptr<StandardProcess>> start_standard(const StandardOptions& options) {
  auto process = std::make_unique<Process>(options);
  CQRS_TRY(process->start());
  return std::unique_ptr<StandardProcess>(std::move(process));
}

}  // namespace cqrs
