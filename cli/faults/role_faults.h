// Kills, pauses and restarts the processes of a system that `up` started. Knows them from run.json,
// and how each was started from the process itself, so that a restart is the same once more.
#pragma once

#include "core/workload/scenario.h"

#include "cli/faults/process_signal.h"
#include "cli/system/running.h"

#include <mutex>
#include <string>
#include <vector>

namespace cqrs {

// What a process was started with, as /proc tells.
struct Launch {
  std::string program;                                         // empty: replaced since
  std::vector<std::string> words;                              // without the program
  std::vector<std::pair<std::string, std::string>> variables;  // its whole environment
};
// Error not_found: it does not run.
[[nodiscard]] Result<Launch> launch_of(int pid);
// The words that start it again at the addresses where others know it: chosen ports become fixed,
// what is for one start only (new views, demo data) is left away.
[[nodiscard]] std::vector<std::string> words_again(const std::vector<std::string>& words,
                                                   const RoleProcess& process);

// execute() and heal_all() belong to one thread; the rest may be called from any.
class RoleFaults {
 public:
  RoleFaults(DataDir dir, RunningSystem system);

  // A role ("projector": all its replicas; "projector-2": the second) or "all". In the embedded
  // profile every role that it has is the one process.
  [[nodiscard]] bool knows(const std::string& target) const;
  // Errors: invalid (the profile or the system has no such role; the action is for servers).
  [[nodiscard]] Status check(const Fault& fault) const;
  // Errors: not_found, forbidden, timeout, unavailable, invalid.
  [[nodiscard]] Status execute(const Fault& fault);
  // Resumes and starts what execute() left paused or dead.
  [[nodiscard]] Status heal_all();
  [[nodiscard]] bool covers(const std::string& outer, const std::string& inner) const;
  // As it is now: restarted processes have other numbers.
  [[nodiscard]] RunningSystem system() const;

 private:
  enum class State : std::uint8_t { kAsFound, kPaused, kKilled };
  [[nodiscard]] Result<std::vector<std::size_t>> targets(const std::string& target) const;
  [[nodiscard]] ProcessId process(std::size_t index) const;
  [[nodiscard]] std::string name(std::size_t index) const;
  [[nodiscard]] Status apply(FaultAction action, std::size_t index);
  [[nodiscard]] Status kill(std::size_t index);
  [[nodiscard]] Status restart(std::size_t index);
  [[nodiscard]] Status stop(std::size_t index);
  [[nodiscard]] Status start(std::size_t index);
  [[nodiscard]] Status keep(std::size_t index, const RoleProcess& started);

  const DataDir dir_;
  mutable std::mutex mutex_;  // guards system_
  RunningSystem system_;
  std::vector<Result<Launch>> launches_;  // beside its processes
  std::vector<State> states_;
};

}  // namespace cqrs
