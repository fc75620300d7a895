#include "cli/faults/server_faults.h"

#include "core/base/json_tree.h"

#include "cli/faults/fault_words.h"
#include "cli/faults/server_address.h"
#include "cli/system/standard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::array<std::string_view, 6> kParts{"postgres", "kafka",   "redis",
                                                 "mongo",    "connect", "nginx"};
constexpr int kMostBrokers = 9;
constexpr std::chrono::seconds kEnd{10};
constexpr std::chrono::minutes kProgram{4};  // a database that recovers takes its time

// The address of a part as the system was told it.
std::string address_of(const StandardConfig& config, const std::string& part) {
  if (part == "postgres") return config.postgres;
  if (part == "kafka") return config.kafka;
  if (part == "redis") return config.redis;
  if (part == "mongo") return config.mongo;
  if (part == "connect") return config.connect;
  return "";
}

bool same_place(const std::string& part, const std::string& a, const std::string& b) {
  if (part != "kafka") {
    const auto one = address_in(a);
    const auto other = address_in(b);
    return one.ok() && other.ok() && *one == *other;
  }
  // One broker in common is one cluster.
  for (std::size_t from = 0; from < a.size();) {
    const auto to = std::min(a.find(',', from), a.size());
    if (("," + b + ",").find("," + a.substr(from, to - from) + ",") != std::string::npos) {
      return true;
    }
    from = to + 1;
  }
  return false;
}

std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

PartsPlace usual_parts() {
  PartsPlace place;
  place.directory = parts_directory();
  if (const char* program = std::getenv("CQRS_PARTS_PROGRAM"); program != nullptr) {
    place.program = program;
  } else if (::access("scripts/parts", X_OK) == 0) {
    std::error_code error;
    place.program = std::filesystem::absolute("scripts/parts", error).string();
  }
  return place;
}

std::string ServerFaults::part_of(const std::string& target) {
  const bool numbered = target.size() > 2 && target[target.size() - 2] == '-' &&
                        target.back() >= '1' && target.back() <= '9';
  const std::string part = numbered ? target.substr(0, target.size() - 2) : target;
  return part == "broker" ? "kafka" : part;
}

bool ServerFaults::knows(const std::string& target) {
  const std::string part = part_of(target);
  const bool numbered = part != target && target != "broker";
  return std::find(kParts.begin(), kParts.end(), part) != kParts.end() &&
         (!numbered || part == "kafka");
}

std::vector<std::string> ServerFaults::servers(const std::string& target) const {
  const std::string part = part_of(target);
  if (part != "kafka") return {part};
  const bool one = target != "kafka" && target != "broker";
  if (one) return {std::string("kafka-") + target.back()};
  std::vector<std::string> found;
  std::error_code error;
  for (int i = 1; i <= kMostBrokers; ++i) {
    const std::string server = "kafka-" + std::to_string(i);
    if (std::filesystem::exists(place_.directory + "/" + server + "/pid", error)) {
      found.push_back(server);
    }
  }
  return found;
}

// Its line: number, starting time in clock ticks since boot.
Result<ProcessId> ServerFaults::process(const std::string& server) const {
  std::ifstream file(place_.directory + "/" + server + "/pid");
  ProcessId process;
  if (file >> process.pid >> process.start_ticks) return process;
  return make_error(ErrorCode::kNotFound, server + " does not run in " + place_.directory);
}

// Another system's servers are not ours to break.
Status ServerFaults::check_use(const std::string& part) const {
  if (!config_) {
    return invalid("faults", "the embedded profile has no " + part +
                                 ": it keeps everything in files of its own; kill, pause or "
                                 "restart all instead");
  }
  if (part == "nginx") return {};
  const std::string used = address_of(*config_, part);
  if (used.empty()) return invalid("faults", "this system uses no " + part);
  auto text = read_file(place_.directory + "/parts.json");
  const Json tree = text ? Json::parse(*text, nullptr, false) : Json();
  std::string started;
  if (tree.is_object() && tree.contains(part)) {
    started = tree.at(part).value(part == "kafka" ? "brokers" : "url", std::string());
  }
  if (same_place(part, used, started)) return {};
  return invalid("faults", "the " + part +
                               " of this system is not one that scripts/parts started in " +
                               place_.directory +
                               ": only those are known well enough to be broken; CQRS_PARTS_DIR "
                               "names another directory");
}

Status ServerFaults::check(const Fault& fault) const {
  const std::string part = part_of(fault.target);
  CQRS_TRY(check_use(part));
  const auto found = servers(fault.target);
  if (found.empty()) return invalid("faults", "no broker runs in " + place_.directory);
  for (const auto& server : found) {
    auto running = process(server);
    if (!running || !alive(*running)) {
      return invalid("faults", server + " does not run in " + place_.directory +
                                   ": scripts/parts start " + server);
    }
  }
  const bool starts = fault.action == FaultAction::kRestart || fault.action == FaultAction::kKill;
  if (starts && (place_.program.empty() || ::access(place_.program.c_str(), X_OK) != 0)) {
    return invalid("faults",
                   "nothing is known that could start " + fault.target +
                       " again: name the program that started it with CQRS_PARTS_PROGRAM, "
                       "scripts/parts in the source tree");
  }
  return {};
}

bool ServerFaults::covers(const std::string& outer, const std::string& inner) const {
  if (part_of(outer) != part_of(inner)) return false;
  const auto all = servers(outer);
  const auto some = servers(inner);
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

Status ServerFaults::execute(const Fault& fault) {
  Status first;
  for (const auto& server : servers(fault.target)) {
    auto status = apply(fault.action, server);
    if (!status && first) first = status;
  }
  return first;
}

Status ServerFaults::apply(FaultAction action, const std::string& server) {
  if (action == FaultAction::kRestart) return restart(server);
  auto running = process(server);
  if (!running) return running.error();
  switch (action) {
    case FaultAction::kKill:
      CQRS_TRY(signal_process(*running, SIGKILL, server));
      killed_.insert(server);
      paused_.erase(server);
      if (await_end(*running, kEnd)) return {};
      return make_error(ErrorCode::kTimeout, server + " was killed and does not end");
    case FaultAction::kPause:
      // Before it is done: what is stopped half-way is resumed, too.
      paused_.insert(server);
      return signal_tree(*running, SIGSTOP, server);
    case FaultAction::kResume:
      CQRS_TRY(signal_tree(*running, SIGCONT, server));
      paused_.erase(server);
      return {};
    default:
      return invalid("faults", std::string(fault_action_name(action)) + " is not for " + server);
  }
}

Status ServerFaults::restart(const std::string& server) {
  auto running = process(server);
  const bool lives = running.ok() && alive(*running);
  // One that is paused would not hear that it is to stop.
  if (lives && paused_.contains(server)) CQRS_TRY(signal_tree(*running, SIGCONT, server));
  CQRS_TRY(run_program(lives ? "restart" : "start", server));
  paused_.erase(server);
  killed_.erase(server);
  return {};
}

Status ServerFaults::run_program(const std::string& verb, const std::string& server) const {
  const std::string what = place_.program + " " + verb + " " + server;
  std::vector<std::string> words{place_.program, verb, server};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string place = "CQRS_PARTS_DIR=" + place_.directory;
  std::vector<char*> variables{place.data()};
  for (char** at = environ; *at != nullptr; ++at) {
    if (std::strncmp(*at, "CQRS_PARTS_DIR=", 15) != 0) variables.push_back(*at);
  }
  variables.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  // In a session of its own: Ctrl-C is for us, and what is being started shall stand.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, place_.program.c_str(), &files, &attributes,
                                   arguments.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    return make_error(ErrorCode::kUnavailable, "cannot run " + what + ": " + std::strerror(failed));
  }
  const auto give_up = std::chrono::steady_clock::now() + kProgram;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= give_up) {
      return make_error(ErrorCode::kTimeout, what + " is not done yet: see " + log_file_);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return make_error(ErrorCode::kUnavailable, what + " failed: " + last_line(log_file_));
}

Status ServerFaults::heal_all() {
  Status first;
  const auto tell = [&](const Status& status) {
    if (!status && first) first = status;
  };
  const auto paused = paused_;
  for (const auto& server : paused) tell(apply(FaultAction::kResume, server));
  const auto killed = killed_;
  for (const auto& server : killed) tell(restart(server));
  return first;
}

}  // namespace cqrs
