#include "cli/system/spawn.h"

#include "core/wiring/data_dir.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cqrs {
namespace {

// The descriptor on which the service says that it serves.
constexpr int kReady = 3;

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
[[noreturn]] void become_service(char* const* arguments, char* const* environment, int log,
                                 int ready) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::dup2(ready, kReady);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(arguments[0], arguments, environment);
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

// The words and variables of a new program as exec wants them.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (auto& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* data() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// Everything of ours, and then `added`: of two with one name programs take the first.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  for (char** at = environ; *at != nullptr; ++at) all.emplace_back(*at);
  return all;
}

}  // namespace

std::string service_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / "cqrsd";
  return std::filesystem::exists(beside, error) ? beside.string() : std::string();
}

Spawned::Spawned(Spawned&& other) noexcept
    : pid_(other.pid_),
      ready_(std::exchange(other.ready_, -1)),
      log_file_(std::move(other.log_file_)) {}

Spawned::~Spawned() {
  if (ready_ >= 0) ::close(ready_);
}

Result<Spawned> Spawned::start(const SpawnOptions& options) {
  const int log = ::open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    const auto directory = std::filesystem::path(options.log_file).parent_path().string();
    return file_error("write to the data directory", directory, errno);
  }
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(log);
    return make_error(ErrorCode::kUnavailable,
                      std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const std::string program = options.program.empty() ? service_program() : options.program;
  std::vector<std::string> words{program.empty() ? "cqrsd" : program};
  words.insert(words.end(), options.words.begin(), options.words.end());
  words.insert(words.end(), {"--ready-fd", std::to_string(kReady)});
  Arguments arguments(std::move(words));
  Arguments environment(environment_with(options.variables));
  const pid_t child = ::fork();
  if (child == 0) {
    if (options.ends_with_starter) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    // Descriptor 3 may be one of ours already; move them out of the way first.
    const int safe_log = ::fcntl(log, F_DUPFD, 10);
    const int safe_ready = ::fcntl(ends[1], F_DUPFD, 10);
    ::fcntl(safe_log, F_SETFD, FD_CLOEXEC);
    ::fcntl(safe_ready, F_SETFD, FD_CLOEXEC);
    become_service(arguments.data(), environment.data(), safe_log, safe_ready);
  }
  ::close(ends[1]);
  ::close(log);
  if (child < 0) {
    ::close(ends[0]);
    return make_error(ErrorCode::kUnavailable,
                      std::string("cannot start a process: ") + std::strerror(errno));
  }
  return Spawned(child, ends[0], options.log_file);
}

Result<Json> Spawned::wait_ready(std::chrono::milliseconds patience) {
  const auto line = wait_for_line(ready_, patience);
  if (!line) return not_started();
  Json ready = Json::parse(*line, nullptr, false);
  if (!ready.is_object()) return not_started();
  return ready;
}

Error Spawned::not_started() const {
  int status = 0;
  const bool ended = ::waitpid(pid_, &status, WNOHANG) == pid_ ||
                     (::usleep(200'000) == 0 && ::waitpid(pid_, &status, WNOHANG) == pid_);
  const std::string words = last_line(log_file_);
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 2) return invalid("", words);
  if (ended && WIFSIGNALED(status)) {
    return make_error(ErrorCode::kUnavailable, "signal " + std::to_string(WTERMSIG(status)) +
                                                   " ended the service at its start: see its log " +
                                                   log_file_);
  }
  if (!ended) ::kill(pid_, SIGKILL);
  return make_error(ErrorCode::kUnavailable,
                    "the service did not start: " +
                        (words.empty() ? "its log " + log_file_ + " is empty" : words));
}

}  // namespace cqrs
