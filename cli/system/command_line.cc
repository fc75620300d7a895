#include "cli/system/command_line.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace cqrs {
namespace {

constexpr std::chrono::seconds kPatience{60};

}  // namespace

Status run_command(const std::vector<std::string>& words, const std::atomic<bool>& interrupted) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string& program = words.front();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  // stdout is for results.
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot run " + program + ": " + std::strerror(failed));
  }
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  pid_t ended = 0;
  while (ended == 0) {
    ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == 0 && (interrupted || std::chrono::steady_clock::now() >= give_up)) {
      ::kill(pid, SIGKILL);
      ended = ::waitpid(pid, &status, 0);
    }
    if (ended == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return make_error(
      ErrorCode::kUnavailable,
      program + (WIFEXITED(status) ? " ended with exit code " + std::to_string(WEXITSTATUS(status))
                                   : std::string(" did not end by itself")));
}

}  // namespace cqrs
