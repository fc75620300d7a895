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
bool alive(const RunningSystem& system) {
  return system.start_ticks != 0 && process_start_ticks(system.pid) == system.start_ticks &&
         !is_zombie(system.pid);
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

Result<RunningSystem> find_running(const DataDir& dir) {
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
  if (system.pid <= 0 || !alive(system)) return nothing_runs(dir);
  return system;
}

Status write_run_file(const DataDir& dir, const RunningSystem& system) {
  const Json tree{{"profile", "embedded"},
                  {"url", system.url},
                  {"pid", system.pid},
                  {"start_ticks", system.start_ticks},
                  {"started_at", system.started_at}};
  return write_file(dir.run_file(), tree.dump(2) + "\n");
}

Status stop_system(const DataDir& dir, const RunningSystem& system,
                   std::chrono::milliseconds patience) {
  if (::kill(system.pid, SIGTERM) != 0 && errno != ESRCH) {
    return make_error(ErrorCode::kForbidden, "may not stop process " + std::to_string(system.pid) +
                                                 ": it is another user's");
  }
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (alive(system)) {
    if (std::chrono::steady_clock::now() >= give_up) {
      return make_error(ErrorCode::kTimeout, "process " + std::to_string(system.pid) +
                                                 " is still finishing its work: look at " +
                                                 dir.log_file());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::unlink(dir.run_file().c_str());
  return {};
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
