#include "cli/faults/role_faults.h"

#include "cli/faults/fault_words.h"
#include "cli/system/spawn.h"
#include "cli/system/standard.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cqrs {
namespace {

constexpr std::chrono::seconds kEnd{10};      // of a killed process
constexpr std::chrono::seconds kStop{60};     // of one that was asked to stop
constexpr std::chrono::seconds kServing{60};  // of one that was started

// The roles that the one process of the embedded profile has.
constexpr std::array<std::string_view, 4> kEmbeddedRoles{"gateway", "command", "projector",
                                                         "query"};

bool is_role(std::string_view name) {
  return name == "all" ||
         std::find(kStandardRoles.begin(), kStandardRoles.end(), name) != kStandardRoles.end();
}

// "projector-2" is {"projector", 2}; without a number 0.
std::pair<std::string, std::size_t> split_target(const std::string& target) {
  const auto dash = target.rfind('-');
  if (dash == std::string::npos || dash + 2 != target.size()) return {target, 0};
  const char digit = target.back();
  if (digit < '1' || digit > '9') return {target, 0};
  return {target.substr(0, dash), static_cast<std::size_t>(digit - '0')};
}

std::vector<std::string> zero_separated(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\0', from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

std::string with_port(const std::string& listen, const std::string& port) {
  return listen.substr(0, listen.rfind(':') + 1) + port;
}

bool is_proxy(const RoleProcess& process) { return process.role == kProxyRole; }

}  // namespace

Result<Launch> launch_of(int pid) {
  const std::string proc = "/proc/" + std::to_string(pid);
  auto words = zero_separated(proc + "/cmdline");
  if (words.empty()) {
    return make_error(ErrorCode::kNotFound, "process " + std::to_string(pid) + " does not run");
  }
  Launch launch;
  launch.words.assign(std::next(words.begin()), words.end());
  std::error_code error;
  const auto program = std::filesystem::read_symlink(proc + "/exe", error);
  // A program that was built anew is not there under its old name.
  if (!error && std::filesystem::exists(program, error)) launch.program = program.string();
  for (const auto& variable : zero_separated(proc + "/environ")) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos) continue;
    launch.variables.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return launch;
}

std::vector<std::string> words_again(const std::vector<std::string>& words,
                                     const RoleProcess& process) {
  std::vector<std::string> again;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--rebuild-views" || word == "--demo-data") continue;
    if (word == "--ready-fd") {
      ++i;
      continue;
    }
    again.push_back(word);
    if (i + 1 == words.size()) continue;
    if (word == "--listen") {
      again.push_back(with_port(words[++i], process.url.substr(process.url.rfind(':') + 1)));
    } else if (word == "--rpc-listen") {
      again.push_back(with_port(words[++i], std::to_string(process.rpc_port)));
    }
  }
  return again;
}

RoleFaults::RoleFaults(DataDir dir, RunningSystem system)
    : dir_(std::move(dir)), system_(std::move(system)) {
  for (const auto& process : system_.processes) {
    launches_.push_back(alive(process) ? launch_of(process.pid)
                                       : make_error(ErrorCode::kNotFound, "it does not run"));
    states_.push_back(State::kAsFound);
  }
}

bool RoleFaults::knows(const std::string& target) const {
  return is_role(split_target(target).first);
}

RunningSystem RoleFaults::system() const {
  const std::lock_guard lock(mutex_);
  return system_;
}

ProcessId RoleFaults::process(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return {system_.processes[index].pid, system_.processes[index].start_ticks};
}

// As one would name it: without a number where there is only one.
std::string RoleFaults::name(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  const std::string& role = system_.processes[index].role;
  const auto same = [&](const RoleProcess& each) { return each.role == role; };
  const auto begin = system_.processes.begin();
  if (role == "all") return "cqrsd";
  if (std::count_if(begin, system_.processes.end(), same) == 1) return role;
  const auto before = std::count_if(begin, begin + static_cast<std::ptrdiff_t>(index), same);
  return role + "-" + std::to_string(before + 1);
}

Result<std::vector<std::size_t>> RoleFaults::targets(const std::string& target) const {
  const auto [role, number] = split_target(target);
  const std::lock_guard lock(mutex_);
  if (system_.profile == "embedded") {
    const bool known = role == "all" || std::find(kEmbeddedRoles.begin(), kEmbeddedRoles.end(),
                                                  role) != kEmbeddedRoles.end();
    if (!known || number > 1) {
      return invalid("faults", "the embedded profile has no " + target +
                                   ": it is one process with the roles gateway, command, projector "
                                   "and query, and each of these names, or all, means it");
    }
    return std::vector<std::size_t>{0};
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < system_.processes.size(); ++i) {
    const RoleProcess& process = system_.processes[i];
    if (!is_proxy(process) && (role == "all" || process.role == role)) found.push_back(i);
  }
  if (number > 0) {
    const bool there = number <= found.size() && role != "all";
    found = there ? std::vector<std::size_t>{found[number - 1]} : std::vector<std::size_t>();
  }
  if (found.empty()) {
    return invalid("faults", "there is no " + target +
                                 " here: cqrsctl status names the processes, and cqrsctl up "
                                 "--replicas " +
                                 role + "=N makes more of them");
  }
  return found;
}

Status RoleFaults::check(const Fault& fault) const {
  auto found = targets(fault.target);
  if (!found) return found.error();
  const FaultAction action = fault.action;
  if (action == FaultAction::kFreeze || action == FaultAction::kCut ||
      action == FaultAction::kDelay || action == FaultAction::kHeal) {
    return invalid("faults", std::string(fault_action_name(action)) +
                                 " is for a server behind the fault proxy (postgres, redis, "
                                 "mongo): a role can be killed, paused, resumed and restarted");
  }
  for (const auto index : *found) {
    if (!launches_[index].ok()) {
      return invalid("faults",
                     name(index) + " does not run: start the system whole with cqrsctl up first");
    }
  }
  return {};
}

bool RoleFaults::covers(const std::string& outer, const std::string& inner) const {
  auto of_outer = targets(outer);
  auto of_inner = targets(inner);
  if (!of_outer || !of_inner) return false;
  return std::includes(of_outer->begin(), of_outer->end(), of_inner->begin(), of_inner->end());
}

Status RoleFaults::execute(const Fault& fault) {
  auto found = targets(fault.target);
  if (!found) return found.error();
  Status first;
  for (const auto index : *found) {
    auto status = apply(fault.action, index);
    if (!status && first) first = status;
  }
  return first;
}

Status RoleFaults::apply(FaultAction action, std::size_t index) {
  switch (action) {
    case FaultAction::kKill:
      return kill(index);
    case FaultAction::kPause:
      CQRS_TRY(signal_process(process(index), SIGSTOP, name(index)));
      states_[index] = State::kPaused;
      return {};
    case FaultAction::kResume:
      CQRS_TRY(signal_process(process(index), SIGCONT, name(index)));
      states_[index] = State::kAsFound;
      return {};
    case FaultAction::kRestart:
      return restart(index);
    default:
      return invalid("faults",
                     std::string(fault_action_name(action)) + " is not for " + name(index));
  }
}

Status RoleFaults::kill(std::size_t index) {
  const ProcessId killed = process(index);
  CQRS_TRY(signal_process(killed, SIGKILL, name(index)));
  states_[index] = State::kKilled;
  if (await_end(killed, kEnd)) return {};
  return make_error(ErrorCode::kTimeout, name(index) + " was killed and does not end: pid " +
                                             std::to_string(killed.pid));
}

Status RoleFaults::restart(std::size_t index) {
  if (alive(process(index))) CQRS_TRY(stop(index));
  CQRS_TRY(start(index));
  states_[index] = State::kAsFound;
  return {};
}

Status RoleFaults::stop(std::size_t index) {
  const ProcessId stopped = process(index);
  CQRS_TRY(signal_process(stopped, SIGTERM, name(index)));
  // One that is paused only hears of it when it goes on.
  CQRS_TRY(signal_process(stopped, SIGCONT, name(index)));
  if (await_end(stopped, kStop)) return {};
  return make_error(ErrorCode::kTimeout,
                    name(index) + " was asked to stop and is still finishing its work: pid " +
                        std::to_string(stopped.pid));
}

Status RoleFaults::start(std::size_t index) {
  if (!launches_[index].ok()) return launches_[index].error();
  RoleProcess process;
  {
    const std::lock_guard lock(mutex_);
    process = system_.processes[index];
  }
  SpawnOptions options;
  options.program = launches_[index]->program;
  options.words = words_again(launches_[index]->words, process);
  options.variables = launches_[index]->variables;
  options.log_file = process.log;
  auto spawned = Spawned::start(options);
  if (!spawned) return spawned.error();
  auto ready = spawned->wait_ready(kServing);
  if (!ready) {
    return make_error(ready.error().code,
                      name(index) + " did not start again: " + ready.error().message);
  }
  process.pid = spawned->pid();
  process.start_ticks = process_start_ticks(process.pid);
  return keep(index, process);
}

// Everybody else finds it through run.json, which may have changed meanwhile.
Status RoleFaults::keep(std::size_t index, const RoleProcess& started) {
  const std::lock_guard lock(mutex_);
  const bool serves = system_.pid == system_.processes[index].pid;
  system_.processes[index] = started;
  if (serves) {
    system_.pid = started.pid;
    system_.start_ticks = started.start_ticks;
  }
  auto file = read_run_file(dir_);
  if (!file) return file.error();
  for (auto& process : file->processes) {
    if (process.role == started.role && process.url == started.url) process = started;
  }
  if (serves) {
    file->pid = started.pid;
    file->start_ticks = started.start_ticks;
  }
  return write_run_file(dir_, *file);
}

Status RoleFaults::heal_all() {
  Status first;
  const auto tell = [&](const Status& status) {
    if (!status && first) first = status;
  };
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::kPaused) tell(apply(FaultAction::kResume, i));
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::kKilled) tell(restart(i));
  }
  return first;
}

}  // namespace cqrs
