#include "cli/faults/process_signal.h"

#include "cli/system/running.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

RoleProcess as_role(const ProcessId& process) {
  RoleProcess role;
  role.pid = process.pid;
  role.start_ticks = process.start_ticks;
  return role;
}

Error ended(const ProcessId& process, const std::string& name) {
  return make_error(ErrorCode::kNotFound,
                    name + " (pid " + std::to_string(process.pid) + ") does not run");
}

std::vector<ProcessId> children_of(int pid) {
  std::vector<ProcessId> found;
  std::error_code error;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream children(task.path() / "children");
    for (int child = 0; children >> child;) {
      const auto ticks = process_start_ticks(child);
      if (ticks != 0) found.push_back({child, ticks});
    }
  }
  return found;
}

// Its first thread has ended and others have not, because they wait for the disk: what it holds
// open and has locked is held until the last one ends.
bool threads_end(const ProcessId& process) {
  if (process_start_ticks(process.pid) != process.start_ticks) return false;
  std::error_code error;
  const std::string tasks = "/proc/" + std::to_string(process.pid) + "/task";
  const auto left = std::distance(std::filesystem::directory_iterator(tasks, error),
                                  std::filesystem::directory_iterator());
  return !error && left > 1;
}

}  // namespace

bool alive(const ProcessId& process) { return alive(as_role(process)); }

Status signal_process(const ProcessId& process, int signal, const std::string& name) {
  if (process.pid <= 0) return ended(process, name);
  // <sys/pidfd.h> of glibc 2.36 cannot be used from C++.
  const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0));
  if (handle < 0) return ended(process, name);
  // What the handle stands for cannot change any more; now see whether it is the one.
  const bool same = alive(process);
  const auto sent = same ? ::syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0) : 0;
  const int error = errno;
  ::close(handle);
  if (!same || (sent != 0 && error == ESRCH)) return ended(process, name);
  if (sent == 0) return {};
  if (error == EPERM) {
    return make_error(ErrorCode::kForbidden, "may not send a signal to " + name + " (pid " +
                                                 std::to_string(process.pid) +
                                                 "): it is another user's");
  }
  return make_error(ErrorCode::kInternal,
                    "cannot send a signal to " + name + ": " + std::strerror(error));
}

std::vector<ProcessId> process_tree(const ProcessId& process) {
  std::vector<ProcessId> tree{process};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto children = children_of(tree[i].pid);
    tree.insert(tree.end(), children.begin(), children.end());
  }
  return tree;
}

Status signal_tree(const ProcessId& process, int signal, const std::string& name) {
  CQRS_TRY(signal_process(process, signal, name));
  const auto tree = process_tree(process);
  for (std::size_t i = 1; i < tree.size(); ++i) {
    const auto status = signal_process(tree[i], signal, name);
    if (!status && status.error().code != ErrorCode::kNotFound) return status.error();
  }
  return {};
}

bool await_end(const ProcessId& process, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (alive(process) || threads_end(process)) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // Only when it is ours and this one: else there is nothing to collect, which is no error.
  if (process_start_ticks(process.pid) == process.start_ticks) {
    ::waitpid(process.pid, nullptr, WNOHANG);
  }
  return true;
}

}  // namespace cqrs
