// Child processes of a test: started with their output kept in memory, waited for with a deadline,
// and never left behind.
#pragma once

#include "core/base/json_tree.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::e2e {

using Words = std::vector<std::string>;
using Variables = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::chrono::seconds kPatience{60};

struct Finished {
  int exit_code = -1;  // -1: a signal ended it
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  // What stands on stdout; discarded (is_discarded()) when that is not one JSON document.
  [[nodiscard]] Json json() const { return Json::parse(out, nullptr, false); }
};
// For failure messages.
std::ostream& operator<<(std::ostream& out, const Finished& finished);

// Inherits the environment without what would configure our programs; `variables` are added.
class Process {
 public:
  explicit Process(const Words& words, const Variables& variables = {});
  ~Process();  // kills
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool running() const;
  void send(int signal) const;
  // Kills it when it has not ended by then, and says so.
  [[nodiscard]] Finished wait(std::chrono::milliseconds patience = kPatience);

 private:
  int pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool waited_ = false;
};

[[nodiscard]] Finished run(const Words& words, const Variables& variables = {},
                           std::chrono::milliseconds patience = kPatience);

// Looks until `condition` holds; false when it did not within `patience`.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience = kPatience);

}  // namespace cqrs::e2e
