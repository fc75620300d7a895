// A system that is not ours under test: tests/foreign/bazaar.py as a process, with one of its flaws
// or none, and cqrsctl with a profile of it.
#pragma once

#include "tests/e2e/support/system.h"

#include <functional>
#include <memory>
#include <string>

namespace cqrs::e2e {

// The file of a profile in scenarios/targets.
[[nodiscard]] std::string profile(const std::string& name);

class ForeignSystem {
 public:
  // Starts it and waits until it answers. `flaw` "none": there is none.
  explicit ForeignSystem(const std::string& flaw, const Words& more = {});
  ForeignSystem(const ForeignSystem&) = delete;
  ForeignSystem& operator=(const ForeignSystem&) = delete;

  [[nodiscard]] Finished ctl(const Words& command,
                             std::chrono::milliseconds patience = kPatience) const;
  Json ctl_json(const Words& command, int exit_code = 0,
                std::chrono::milliseconds patience = kPatience) const;
  // From now on cqrsctl is given the changed profile.
  void change_profile(const std::function<void(Json&)>& change) const;
  // That kill it and start it again on its files, as a profile names them.
  [[nodiscard]] Json commands() const;

 private:
  [[nodiscard]] Words start_words() const;

  TestSystem system_;  // its directory, and the end of all processes
  std::uint16_t port_;
  std::string flaw_;
  Words more_;
  std::unique_ptr<Process> process_;
};

}  // namespace cqrs::e2e
