#include "cli/system/standard.h"

#include "core/base/clock.h"
#include "core/wiring/standard.h"

#include "cli/faults/proxy_start.h"
#include "cli/system/spawn.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr const char* kAnyPort = "127.0.0.1:0";

std::string log_of(const DataDir& dir, const std::string& role, int replica) {
  return dir.root + "/" + role + (replica == 0 ? "" : "-" + std::to_string(replica + 1)) + ".log";
}

// Secrets may stand in every URL.
std::vector<std::pair<std::string, std::string>> variables_of(const StandardConfig& config) {
  return {{"CQRSD_POSTGRES", config.postgres},
          {"CQRSD_KAFKA", config.kafka},
          {"CQRSD_READ", std::string(read_store_name(config.read))},
          {"CQRSD_CACHE", std::string(cache_name(config.cache))},
          {"CQRSD_REDIS", config.redis},
          {"CQRSD_MONGO", config.mongo},
          {"CQRSD_NAMESPACE", config.name},
          {"CQRSD_PARTITIONS", std::to_string(config.partitions)},
          {"CQRSD_REPLICATION", std::to_string(config.replication)},
          {"CQRSD_RELAY", std::string(relay_name(config.relay))},
          {"CQRSD_CONNECT", config.connect},
          {"CQRSD_SINK", std::string(sink_name(config.sink))}};
}

// A connector that nobody wants any more would go on for ever.
Status leave_former_sink(const DataDir& dir, const StandardConfig& config) {
  auto former = read_standard_config(dir);
  if (!former) return former.error();
  const bool had = *former && (*former)->sink != SinkKind::kNone;
  return had && config.sink == SinkKind::kNone ? standard::leave_sink(**former) : Status();
}

class Starter {
 public:
  Starter(const DataDir& dir, const StandardStart& start)
      : dir_(dir), start_(start), config_(start.config) {}

  Result<RunningSystem> run() {
    keep_what_runs();
    if (auto status = start_all(); !status) {
      // All of it or nothing: what was started now ends again.
      for (const int pid : started_) ::kill(pid, SIGTERM);
      return status.error();
    }
    sort();
    const RoleProcess& gateway = system_.processes.front();
    system_.profile = "standard";
    system_.url = gateway.url;
    system_.pid = gateway.pid;
    system_.start_ticks = gateway.start_ticks;
    if (system_.started_at.empty()) system_.started_at = to_string(SystemClock().now());
    CQRS_TRY(write_run_file(dir_, system_));
    return std::move(system_);
  }

 private:
  // A process on its way up, and where it is to stand.
  struct Launched {
    Spawned spawned;
    RoleProcess process;
  };

  // The proxy first, the gateway last: it is told where the others are.
  Status start_all() {
    CQRS_TRY(put_proxy());
    for (const char* role : kStandardRoles) {
      if (role != std::string_view("gateway")) CQRS_TRY(launch(role));
    }
    CQRS_TRY(wait_for_all());
    CQRS_TRY(launch("gateway"));
    return wait_for_all();
  }

  void keep_what_runs() {
    auto before = read_run_file(dir_);
    if (!before || before->profile != "standard") return;
    for (auto& process : before->processes) {
      (alive(process) ? system_.processes : gone_).push_back(std::move(process));
    }
    if (!system_.processes.empty()) system_.started_at = before->started_at;
  }

  // What cqrsctl itself asks of the servers never goes through it.
  Status put_proxy() {
    const auto is_proxy = [](const RoleProcess& each) { return each.role == kProxyRole; };
    auto& running = system_.processes;
    const auto living = std::find_if(running.begin(), running.end(), is_proxy);
    const auto dead = std::find_if(gone_.begin(), gone_.end(), is_proxy);
    ProxyStart proxy;
    proxy.servers = start_.fault_proxy;
    proxy.living = living == running.end() ? nullptr : &*living;
    proxy.again = dead != gone_.end();
    proxy.roles_run = proxy.living == nullptr && !running.empty();
    proxy.ends_with_starter = start_.service.ends_with_starter;
    auto put = put_fault_proxy(dir_, start_.config, proxy);
    if (!put) return put.error();
    config_ = std::move(put->config);
    if (proxy.again) gone_.erase(dead);
    if (!put->process) return {};
    started_.push_back(put->process->pid);
    running.push_back(std::move(*put->process));
    return {};
  }

  [[nodiscard]] int wanted(const std::string& role) const {
    const auto at = start_.replicas.find(role);
    return at == start_.replicas.end() ? 1 : at->second;
  }

  Status launch(const std::string& role) {
    const auto of_role = [&](const RoleProcess& process) { return process.role == role; };
    auto present = static_cast<int>(
        std::count_if(system_.processes.begin(), system_.processes.end(), of_role));
    for (int i = present; i < wanted(role); ++i) {
      const auto old = std::find_if(gone_.begin(), gone_.end(), of_role);
      RoleProcess process;
      if (old != gone_.end()) {
        process = *old;
        gone_.erase(old);
      }
      process.role = role;
      if (process.log.empty()) process.log = log_of(dir_, role, i);
      auto spawned = Spawned::start(options_for(process, i));
      if (!spawned) return spawned.error();
      started_.push_back(spawned->pid());
      launched_.push_back({std::move(*spawned), std::move(process)});
    }
    return {};
  }

  // One that is started again keeps its addresses, which others know.
  SpawnOptions options_for(const RoleProcess& process, int replica) {
    SpawnOptions options;
    options.log_file = process.log;
    options.ends_with_starter = start_.service.ends_with_starter;
    options.variables = variables_of(config_);
    options.words = {"--profile", "standard", "--roles", process.role, "--data-dir", dir_.root};
    const bool gateway = process.role == "gateway";
    std::string listen = gateway ? start_.service.listen : kAnyPort;
    if (!process.url.empty() && listen.ends_with(":0")) {
      listen = process.url.substr(std::string("http://").size());
    }
    options.words.insert(options.words.end(), {"--listen", listen});
    if (gateway) {
      for (const char* role : {"command", "query", "projector"}) {
        options.words.insert(options.words.end(),
                             {std::string("--") + role + "-peers", peers(role)});
      }
    } else {
      options.words.insert(options.words.end(),
                           {"--rpc-listen", "127.0.0.1:" + std::to_string(process.rpc_port)});
    }
    if (start_.service.bench_routes) options.words.emplace_back("--bench-routes");
    if (process.role == "command" && start_.service.demo_data && replica == 0) {
      options.words.emplace_back("--demo-data");
    }
    if (process.role == "command" && start_.service.allow_import) {
      options.words.emplace_back("--allow-import");
    }
    if (process.role == "projector" && start_.service.rebuild_views && replica == 0) {
      options.words.emplace_back("--rebuild-views");
    }
    return options;
  }

  [[nodiscard]] std::string peers(const std::string& role) const {
    std::string list;
    for (const auto& process : system_.processes) {
      if (process.role != role) continue;
      list +=
          (list.empty() ? "" : ",") + std::string("127.0.0.1:") + std::to_string(process.rpc_port);
    }
    return list;
  }

  Status wait_for_all() {
    Status first;
    for (auto& launched : launched_) {
      auto ready = launched.spawned.wait_ready(start_.service.patience);
      if (!ready) {
        const Error& error = ready.error();
        if (first) first = make_error(error.code, launched.process.role + ": " + error.message);
        continue;
      }
      RoleProcess& process = launched.process;
      process.pid = launched.spawned.pid();
      process.start_ticks = process_start_ticks(process.pid);
      process.url = url_of(process.role == "gateway" ? start_.service.listen : kAnyPort,
                           ready->value("port", 0));
      process.rpc_port = ready->value("rpc_port", 0);
      system_.processes.push_back(std::move(process));
    }
    launched_.clear();
    if (first) return first;
    return {};
  }

  void sort() {
    const auto place = [](const RoleProcess& process) {
      return std::find(kStandardRoles.begin(), kStandardRoles.end(), process.role);
    };
    std::stable_sort(
        system_.processes.begin(), system_.processes.end(),
        [&](const RoleProcess& a, const RoleProcess& b) { return place(a) < place(b); });
  }

  const DataDir& dir_;
  const StandardStart& start_;
  StandardConfig config_;  // as the roles are told it
  RunningSystem system_;
  std::vector<RoleProcess> gone_;
  std::vector<Launched> launched_;
  std::vector<int> started_;
};

}  // namespace

std::string parts_directory() {
  if (const char* dir = std::getenv("CQRS_PARTS_DIR"); dir != nullptr && *dir != '\0') return dir;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/cqrs/parts";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/state/cqrs/parts";
}

Result<StandardConfig> parts_config() {
  StandardConfig config;
  const std::string path = parts_directory() + "/parts.json";
  auto text = read_file(path);
  if (!text) return config;
  const Json tree = Json::parse(*text, nullptr, false);
  if (!tree.is_object()) {
    return make_error(ErrorCode::kCorrupt, path + " is damaged: run scripts/parts up again");
  }
  const auto part = [&](const char* name, const char* field) {
    return tree.contains(name) ? tree.at(name).value(field, std::string()) : std::string();
  };
  config.postgres = part("postgres", "url");
  config.kafka = part("kafka", "brokers");
  config.redis = part("redis", "url");
  config.mongo = part("mongo", "url");
  config.connect = part("connect", "url");
  return config;
}

Result<RunningSystem> start_standard(const DataDir& dir, const StandardStart& start) {
  CQRS_TRY(check(start.config));
  CQRS_TRY(create_directory(dir.root));
  CQRS_TRY(leave_former_sink(dir, start.config));
  CQRS_TRY(standard::prepare(start.config));
  CQRS_TRY(write_standard_config(dir, start.config));
  // Several command replicas sign with one secret: it is there before any of them looks.
  auto pepper = load_or_create_pepper(dir);
  if (!pepper) return pepper.error();
  return Starter(dir, start).run();
}

}  // namespace cqrs
