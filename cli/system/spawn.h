// Starts cqrsd in the background and waits until it serves.
#pragma once

#include "core/base/json_tree.h"
#include "core/base/result.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace cqrs {

// The service's program: it lies beside cqrsctl, in a build tree as in a package. Empty when it is
// not there.
[[nodiscard]] std::string service_program();

struct SpawnOptions {
  std::string program;             // empty: cqrsd, which lies beside this one
  std::vector<std::string> words;  // its options
  // Secrets go here: the command line is for everybody to read.
  std::vector<std::pair<std::string, std::string>> variables;
  std::string log_file;            // its output is appended here
  bool ends_with_starter = false;  // stop when this process ends, however it ends
};

// A service on its way up.
class Spawned {
 public:
  // Errors: unavailable (no log file, no process).
  [[nodiscard]] static Result<Spawned> start(const SpawnOptions& options);
  Spawned(Spawned&& other) noexcept;
  Spawned& operator=(Spawned&&) = delete;
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;
  ~Spawned();  // leaves the process alone

  [[nodiscard]] int pid() const { return pid_; }
  // The object with which it says that it serves: {"port":N,…}. Errors: invalid (it refused its
  // options or the directory has an owner), unavailable (it did not come up, and is killed: ends
  // with its last words).
  [[nodiscard]] Result<Json> wait_ready(std::chrono::milliseconds patience);

 private:
  Spawned(int pid, int ready, std::string log_file)
      : pid_(pid), ready_(ready), log_file_(std::move(log_file)) {}
  [[nodiscard]] Error not_started() const;

  int pid_;
  int ready_;
  std::string log_file_;
};

}  // namespace cqrs
