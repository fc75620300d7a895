#include "tests/e2e/support/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cqrs::e2e {
namespace {

int memory_file(const char* name) {
  const int descriptor = ::memfd_create(name, MFD_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot make a file in memory");
  return descriptor;
}

std::string content_of(int descriptor) {
  std::string content;
  std::array<char, 64 * 1024> piece{};
  for (;;) {
    const ssize_t got =
        ::pread(descriptor, piece.data(), piece.size(), static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(got));
  }
}

Words environment_with(const Variables& variables) {
  Words all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("CQRSCTL_") && !text.starts_with("CQRSD_")) all.emplace_back(text);
  }
  // The first of two equal names wins.
  for (const auto& [name, value] : variables) {
    all.insert(all.begin(), std::string(name).append("=").append(value));
  }
  return all;
}

std::vector<char*> pointers_to(const Words& words) {
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// True when the process ended within `patience`.
bool ends_within(int pid, std::chrono::milliseconds patience) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return true;
  pollfd waiting{descriptor, POLLIN, 0};
  const auto give_up = std::chrono::steady_clock::now() + patience;
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    ready = ::poll(&waiting, 1, static_cast<int>(std::max<long>(0, left.count())));
  } while (ready < 0 && errno == EINTR);
  ::close(descriptor);
  return ready > 0;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Finished& finished) {
  out << (finished.timed_out ? "timed out, " : "") << "exit code " << finished.exit_code;
  if (finished.signal != 0) out << " (signal " << finished.signal << ")";
  return out << "\n--- stdout\n" << finished.out << "\n--- stderr\n" << finished.err;
}

Process::Process(const Words& words, const Variables& variables)
    : out_(memory_file("stdout")), err_(memory_file("stderr")) {
  const Words environment = environment_with(variables);
  const auto arguments = pointers_to(words);
  const auto settings = pointers_to(environment);
  const int child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed test leaves nothing behind
    ::dup2(out_, STDOUT_FILENO);
    ::dup2(err_, STDERR_FILENO);
    ::execve(arguments.front(), arguments.data(), settings.data());
    ::_exit(127);
  }
  pid_ = child;
}

Process::~Process() {
  if (!waited_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

bool Process::running() const {
  return !waited_ && !ends_within(pid_, std::chrono::milliseconds(0));
}

void Process::send(int signal) const { ::kill(pid_, signal); }

Finished Process::wait(std::chrono::milliseconds patience) {
  Finished finished;
  finished.timed_out = !ends_within(pid_, patience);
  if (finished.timed_out) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  waited_ = true;
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = content_of(out_);
  finished.err = content_of(err_);
  return finished;
}

Finished run(const Words& words, const Variables& variables, std::chrono::milliseconds patience) {
  return Process(words, variables).wait(patience);
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace cqrs::e2e
