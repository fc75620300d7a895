#include "cli/system/running.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

// Field `index` (from 1) of /proc/PID/stat, counted behind the command name, which may hold blanks.
std::optional<std::uint64_t> stat_field(int pid, int index) {
  std::ifstream file("/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto close = line.rfind(')');
  if (close == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(close + 2));
  std::string word;
  for (int at = 3; at <= index; ++at) {
    if (!(rest >> word)) return std::nullopt;
  }
  return std::strtoull(word.c_str(), nullptr, 10);
}

bool is_zombie(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto close = line.rfind(')');
  return close != std::string::npos && line.compare(close, 3, ") Z") == 0;
}

constexpr int kUserTicks = 14;
constexpr int kSystemTicks = 15;
constexpr int kStartTicks = 22;
constexpr int kRssPages = 24;

// A zombie has ended: it only waits for its parent to look.
bool alive(int pid, std::uint64_t start_ticks) {
  return pid > 0 && start_ticks != 0 && process_start_ticks(pid) == start_ticks && !is_zombie(pid);
}

Json json_of(const RoleProcess& process) {
  return {
      {"role", process.role}, {"pid", process.pid},           {"start_ticks", process.start_ticks},
      {"url", process.url},   {"rpc_port", process.rpc_port}, {"log", process.log}};
}

RoleProcess process_of(const Json& tree) {
  return {tree.value("role", std::string()),
          tree.value("pid", 0),
          tree.value("start_ticks", std::uint64_t{0}),
          tree.value("url", std::string()),
          tree.value("rpc_port", 0),
          tree.value("log", std::string())};
}

Error nothing_runs(const DataDir& dir) {
  return make_error(ErrorCode::kNotFound,
                    "nothing runs here (" + dir.root + "): start it with cqrsctl up");
}

}  // namespace

load::Endpoint RunningSystem::endpoint() const {
  auto parsed = load::parse_endpoint(url);
  return parsed ? *parsed : load::Endpoint{};
}

Result<RunningSystem> read_run_file(const DataDir& dir) {
  auto text = read_file(dir.run_file());
  if (!text) return nothing_runs(dir);
  const Json tree = Json::parse(*text, nullptr, false);
  if (!tree.is_object()) {
    return make_error(ErrorCode::kCorrupt,
                      dir.run_file() + " is damaged: remove it and run cqrsctl up");
  }
  RunningSystem system;
  system.url = tree.value("url", std::string());
  system.pid = tree.value("pid", 0);
  system.start_ticks = tree.value("start_ticks", std::uint64_t{0});
  system.started_at = tree.value("started_at", std::string());
  system.profile = tree.value("profile", std::string("embedded"));
  const RoleProcess serving{"all", system.pid, system.start_ticks, system.url, 0, dir.log_file()};
  if (tree.contains("processes")) {
    for (const auto& process : tree.at("processes")) {
      system.processes.push_back(process_of(process));
    }
  }
  if (system.processes.empty()) system.processes.push_back(serving);
  return system;
}

Result<RunningSystem> find_running(const DataDir& dir) {
  auto system = read_run_file(dir);
  if (system && !alive(system->pid, system->start_ticks)) return nothing_runs(dir);
  return system;
}

bool alive(const RoleProcess& process) { return alive(process.pid, process.start_ticks); }

Status write_run_file(const DataDir& dir, const RunningSystem& system) {
  Json tree{{"profile", system.profile},
            {"url", system.url},
            {"pid", system.pid},
            {"start_ticks", system.start_ticks},
            {"started_at", system.started_at},
            {"processes", Json::array()}};
  for (const auto& process : system.processes) tree["processes"].push_back(json_of(process));
  return write_file(dir.run_file(), tree.dump(2) + "\n");
}

namespace {

Status stop_process(const DataDir& dir, const RoleProcess& process,
                    std::chrono::steady_clock::time_point give_up) {
  if (!alive(process)) return {};
  if (::kill(process.pid, SIGTERM) != 0 && errno != ESRCH) {
    return make_error(ErrorCode::kForbidden, "may not stop process " + std::to_string(process.pid) +
                                                 ": it is another user's");
  }
  while (alive(process)) {
    if (std::chrono::steady_clock::now() >= give_up) {
      return make_error(ErrorCode::kTimeout, "process " + std::to_string(process.pid) +
                                                 " is still finishing its work: look at " +
                                                 dir.log_file());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

}  // namespace

// In the order of the data, which is the order of the processes.
Status stop_system(const DataDir& dir, const RunningSystem& system,
                   std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (const auto& process : system.processes) CQRS_TRY(stop_process(dir, process, give_up));
  ::unlink(dir.run_file().c_str());
  return {};
}

std::string url_of(const std::string& listen, int port) {
  const auto host = listen.substr(0, listen.rfind(':'));
  return "http://" + (host == "0.0.0.0" ? std::string("127.0.0.1") : host) + ":" +
         std::to_string(port);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<RunningSystem> system_at(const std::string& url, bool allow_remote) {
  auto endpoint = load::parse_endpoint(url);
  if (!endpoint) return invalid("--target", "--target: " + endpoint.error().message);
  if (!is_loopback(endpoint->host) && !allow_remote) {
    return invalid("--allow-remote", url +
                                         " is another machine, and load can do harm there: add "
                                         "--allow-remote if it is yours to load");
  }
  RunningSystem system;
  system.url = url;
  return system;
}

std::uint64_t process_start_ticks(int pid) { return stat_field(pid, kStartTicks).value_or(0); }

ProcessUsage process_usage(int pid) {
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessUsage usage;
  const auto user = stat_field(pid, kUserTicks);
  const auto system = stat_field(pid, kSystemTicks);
  const auto pages = stat_field(pid, kRssPages);
  if (user && system) usage.cpu_seconds = static_cast<double>(*user + *system) / ticks;
  if (pages) usage.rss_bytes = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

ProcessUsage usage_of(const RunningSystem& system) {
  ProcessUsage sum;
  for (const auto& process : system.processes) {
    const ProcessUsage usage = process_usage(process.pid);
    sum.cpu_seconds += usage.cpu_seconds;
    sum.rss_bytes += usage.rss_bytes;
  }
  return sum;
}

Result<Json> call(const RunningSystem& system, std::string_view method, std::string_view target,
                  std::string_view body, std::chrono::milliseconds timeout) {
  auto response = load::fetch(system.endpoint(), method, target, body, timeout);
  if (!response) return response.error();
  Json tree = Json::parse(response->body, nullptr, false);
  if (response->status >= 200 && response->status < 300 && !tree.is_discarded()) return tree;
  std::string detail = "HTTP status " + std::to_string(response->status);
  if (tree.is_object()) detail = tree.value("detail", detail);
  const auto code = response->status == 404   ? ErrorCode::kNotFound
                    : response->status == 409 ? ErrorCode::kVersionConflict
                    : response->status == 422 ? ErrorCode::kInvalid
                                              : ErrorCode::kUnavailable;
  return make_error(code, detail);
}

}  // namespace cqrs
