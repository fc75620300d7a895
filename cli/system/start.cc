#include "core/base/clock.h"

#include "cli/system/running.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace cqrs {
namespace {

std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string last;
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become_service(const std::vector<char*>& arguments, int log, int ready,
                                 int ready_target) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::dup2(ready, ready_target);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments.front(), arguments.data());
  constexpr char kMessage[] = "cqrsd: cannot be executed: is it installed beside cqrsctl?\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  ::_exit(127);
}

// Waits for the line {"port":N}; nothing when the child closed the pipe or time ran out.
std::optional<std::string> wait_for_line(int descriptor, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  std::string line;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waiting{descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return std::nullopt;
    }
    char c = 0;
    const ssize_t got =
        (waiting.revents & (POLLIN | POLLHUP)) != 0 ? ::read(descriptor, &c, 1) : -1;
    if (got == 0) return std::nullopt;
    if (got != 1) continue;
    if (c == '\n') return line;
    line += c;
  }
}

Error not_started(const DataDir& dir, int child) {
  int status = 0;
  const bool ended = ::waitpid(child, &status, WNOHANG) == child ||
                     (::usleep(200'000) == 0 && ::waitpid(child, &status, WNOHANG) == child);
  const std::string words = last_line(dir.log_file());
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 2) return invalid("", words);
  if (ended && WIFSIGNALED(status)) {
    return make_error(ErrorCode::kUnavailable, "signal " + std::to_string(WTERMSIG(status)) +
                                                   " ended the service at its start: see its log " +
                                                   dir.log_file());
  }
  if (!ended) ::kill(child, SIGKILL);
  return make_error(ErrorCode::kUnavailable,
                    "the service did not start: " +
                        (words.empty() ? "its log " + dir.log_file() + " is empty" : words));
}

}  // namespace

std::string service_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / "cqrsd";
  return std::filesystem::exists(beside, error) ? beside.string() : std::string();
}

Result<RunningSystem> start_system(const DataDir& dir, const StartOptions& options) {
  CQRS_TRY(create_directory(dir.root));
  const int log = ::open(dir.log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return file_error("write to the data directory", dir.root, errno);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(log);
    return make_error(ErrorCode::kUnavailable,
                      std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  constexpr int kReady = 3;
  const std::string program = service_program();
  std::vector<std::string> words{program.empty() ? "cqrsd" : program,
                                 "--data-dir",
                                 dir.root,
                                 "--listen",
                                 options.listen,
                                 "--ready-fd",
                                 std::to_string(kReady)};
  if (options.rebuild_views) words.emplace_back("--rebuild-views");
  if (options.bench_routes) words.emplace_back("--bench-routes");
  if (options.demo_data) words.emplace_back("--demo-data");
  if (options.allow_import) words.emplace_back("--allow-import");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (options.ends_with_starter) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    // Descriptor 3 may be one of ours already; move them out of the way first.
    const int safe_log = ::fcntl(log, F_DUPFD, 10);
    const int safe_ready = ::fcntl(ends[1], F_DUPFD, 10);
    ::fcntl(safe_log, F_SETFD, FD_CLOEXEC);
    ::fcntl(safe_ready, F_SETFD, FD_CLOEXEC);
    become_service(arguments, safe_log, safe_ready, kReady);
  }
  ::close(ends[1]);
  ::close(log);
  const auto line = wait_for_line(ends[0], options.patience);
  ::close(ends[0]);
  if (!line) return not_started(dir, child);
  const Json ready = Json::parse(*line, nullptr, false);
  RunningSystem system;
  const auto host = options.listen.substr(0, options.listen.rfind(':'));
  system.url = "http://" + (host == "0.0.0.0" ? std::string("127.0.0.1") : host) + ":" +
               std::to_string(ready.is_object() ? ready.value("port", 0) : 0);
  system.pid = child;
  system.started_at = to_string(SystemClock().now());
  system.start_ticks = process_start_ticks(child);
  CQRS_TRY(write_run_file(dir, system));
  return system;
}

}  // namespace cqrs
